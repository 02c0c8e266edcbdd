import StrataModel
import StrataRefs

/// Puts references into the order of sort keys. Git's function: `ref_array_sort`.
struct RefSorter {
    /// The first decides first.
    let keys: [SortKey]
    let ignoringCase: Bool
    let versions: VersionOrder

    /// Whether the order is the one in which stores list references, so that nothing has to be collected.
    var isListingOrder: Bool { !ignoringCase && keys.allSatisfy { $0 == .refname } }

    /// What is compared of one reference, key by key.
    private enum Value {
        case text(Bytes)
        case number(UInt64)
    }

    /// `references` in order. References with equal values stand in the order of their names, never reversed.
    func sorted<Context: FormatContext>(
        _ references: [ListedRef], context: Context
    ) throws(CommandExit) -> [ListedRef] {
        guard !keys.isEmpty else { return references }
        var values = try FormatValues(context, atoms: keys.map { $0.atom })
        var table: [[Value]] = []
        table.reserveCapacity(references.count)
        for reference in references {
            var row: [Value] = []
            row.reserveCapacity(keys.count + 1)
            for key in keys {
                if key.atom.field == .objectSize && !key.asVersion {
                    row.append(.number(try values.size(of: reference, peeled: key.atom.peeled)))
                } else {
                    var text: Bytes = []
                    try values.append(key.atom, of: reference, to: &text)
                    row.append(.text(text))
                }
            }
            var name: Bytes = []
            reference.appendName(to: &name)
            row.append(.text(name))
            table.append(row)
        }
        let order = table.indices.sorted { a, b in
            let result = compare(table[a], table[b])
            return result != 0 ? result < 0 : a < b
        }
        return order.map { references[$0] }
    }

    private func compare(_ a: [Value], _ b: [Value]) -> Int {
        for (index, key) in keys.enumerated() {
            let result = compare(a[index], b[index], asVersion: key.asVersion)
            if result != 0 { return key.reversed ? -result : result }
        }
        guard let x = a.last, let y = b.last else { return 0 }
        return compare(x, y, asVersion: false)
    }

    private func compare(_ a: Value, _ b: Value, asVersion: Bool) -> Int {
        switch (a, b) {
        case (.number(let x), .number(let y)): return x < y ? -1 : x == y ? 0 : 1
        case (.text(let x), .text(let y)):
            if asVersion { return versions.compare(x, y) }
            if ignoringCase {
                let (lowerX, lowerY) = (x.map { $0.asciiLowercased }, y.map { $0.asciiLowercased })
                return RefNameOrder.compare(lowerX.span, lowerY.span)
            }
            return RefNameOrder.compare(x.span, y.span)
        case (.number, .text), (.text, .number): return 0
        }
    }
}
