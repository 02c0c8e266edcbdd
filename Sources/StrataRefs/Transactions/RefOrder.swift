import StrataModel

/// Which of a transaction's names came first.
struct RefOrder {
    private let sorted: [(name: RefName, index: Int)]

    init(_ names: [RefName]) { sorted = names.enumerated().map { ($1, $0) }.sorted { $0.name < $1.name } }

    /// Whether a name below `directory` came before the one at `index`.
    func hasName(below directory: RefName, before index: Int) -> Bool {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            let other = sorted[middle].name.bytes
            if RefNameOrder.compare(other.span, below: directory) < 0 { low = middle + 1 } else { high = middle }
        }
        return sorted[low...].prefix { directory.isDirectory(of: $0.name.bytes.span) }.contains { $0.index < index }
    }
}
