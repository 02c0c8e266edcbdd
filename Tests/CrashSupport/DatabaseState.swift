import StrataModel
public import StrataRefs

/// What a database holds, as its store shows it: references, heads of other worktrees, and the lines of reflogs.
public struct DatabaseState: Equatable, Sendable {
    public private(set) var references: [String: String] = [:]
    public private(set) var logs: [String: [String]] = [:]

    /// Of a database that is not there.
    public init() {}

    public init(_ opened: OpenedCrashStore) throws {
        try self.init(opened.store.snapshot(), opened)
        guard let reflogs = opened.store.reflogs else { return }
        for name in try reflogs.names() {
            var lines: [String] = []
            try reflogs.read(name, newestFirst: false) { entry throws(RefError) in
                lines.append("\(entry.old) \(entry.new) \(String(decoding: entry.message, as: UTF8.self))")
                return true
            }
            logs["\(name)"] = lines
        }
    }

    /// The references alone, as a snapshot of the store has them.
    public init(_ snapshot: any RefSnapshot, _ opened: OpenedCrashStore) throws {
        var cursor = try snapshot.cursor(over: .all)
        while let view = try cursor.next() { references["\(view.refName)"] = Self.words(view.value) }
        for (name, value) in zip(opened.otherHeads, try snapshot.read(opened.otherHeads)) {
            references["\(name)"] = value.map { Self.words($0) }
        }
    }

    /// Opens the store anew.
    public init(_ place: CrashPlace, of store: CrashStore) throws { try self.init(try store.open(place)) }

    /// Takes out a reference with its reflog.
    public mutating func remove(_ name: String) {
        references[name] = nil
        logs[name] = nil
    }

    private static func words(_ value: RefValue) -> String {
        value.objectID?.hex ?? value.target.map { String(decoding: $0, as: UTF8.self) } ?? "broken"
    }

    /// A number that tells states apart, for processes that speak of them.
    public var digest: String {
        var sum: UInt64 = 0xcbf2_9ce4_8422_2325
        func add(_ text: String) {
            for byte in text.utf8 { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01b3 }
            sum = (sum ^ 0xff) &* 0x100_0000_01b3
        }
        for (name, value) in references.sorted(by: { $0.key < $1.key }) { [name, value].forEach(add) }
        for (name, lines) in logs.sorted(by: { $0.key < $1.key }) { ([name] + lines).forEach(add) }
        return String(sum, radix: 16)
    }
}
