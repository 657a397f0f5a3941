/* mlockall, watched. The region of a profile is a sparse gigabyte: locking what is mapped would
 * fill it with zeroes and pin them. So in a profiled process what is mapped already is locked as it
 * is touched (MCL_ONFAULT), which for the rest of the program only means that its pages are locked
 * a little later. What it maps afterwards is locked as it asks. */
#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

#include "alloc/place.h"
#include "alloc/profile.h"

__attribute__((visibility("default"))) int mlockall(int flags) {
    int (*next)(int);
    place_mute();
    *(void **)&next = dlsym(RTLD_NEXT, "mlockall");
    place_unmute();
    if (next == NULL) {
        errno = ENOSYS;
        return -1;
    }
    if (profile_region == NULL || (flags & MCL_CURRENT) == 0 || (flags & MCL_ONFAULT) != 0)
        return next(flags);
    int failed = next(MCL_CURRENT | MCL_ONFAULT);
    if (failed == 0 && (flags & ~MCL_CURRENT) != 0)
        failed = next(flags & ~MCL_CURRENT);
    return failed;
}
