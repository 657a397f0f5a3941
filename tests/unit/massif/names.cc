// Names that are hard to read: templates, lambdas, operators. Run under Massif by ./generate.
#include <map>
#include <string>
#include <vector>

namespace outer {
namespace {
template <typename Key, typename Value> struct Table {
    std::map<Key, std::vector<Value>> rows;
    void add(Key key, Value value) {
        rows[key].push_back(value);
    }
    struct Maker {
        char *operator()(int bytes) const {
            return new char[bytes];
        }
    };
};
} // namespace
} // namespace outer

static char *through(char *(*make)(int)) {
    return make(70000);
}

int main() {
    using Rows = outer::Table<std::string, std::pair<int, std::string>>;
    Rows table;
    table.add("one", {1, std::string(30000, 'x')});
    char *first = through([](int bytes) { return new char[bytes]; });
    char *second = Rows::Maker()(50000);
    delete[] first;
    delete[] second;
}
