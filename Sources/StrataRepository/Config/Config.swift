/// The configuration of a repository: every variable of every file that was read, in order.
///
/// A value; safe to share between threads. Keys are git's canonical ones: section and variable name in lower case,
/// the subsection between them as written.
public struct Config: Sendable {
    /// Which kind of place a variable comes from.
    public enum Scope: UInt8, Sendable, Hashable {
        /// `/etc/gitconfig`.
        case system
        /// `$XDG_CONFIG_HOME/git/config` and `~/.gitconfig`.
        case global
        /// The repository's `config`.
        case local
        /// The worktree's `config.worktree`.
        case worktree
        /// `-c`, `GIT_CONFIG_COUNT` and `GIT_CONFIG_PARAMETERS`.
        case command
    }

    /// One variable, with where it stands.
    public struct Entry: Sendable, Hashable {
        public let key: [UInt8]
        /// The value; nil when there is no `=`, which as a boolean means true.
        public let value: [UInt8]?
        public let scope: Scope
        /// The file as git names it, included ones too; nil for `Scope.command` itself.
        public let file: [UInt8]?
        /// The line in that file, from 1.
        public let line: Int
    }

    struct Source: Sendable {
        let scope: Scope
        let file: [UInt8]?
    }

    private struct Slot: Sendable {
        let start: Int
        let keyCount: Int32
        /// -1: no value.
        let valueCount: Int32
        let source: Int32
        let line: Int32
    }

    /// Keys and values, each key with its value after it.
    private var bytes: [UInt8] = []
    private var slots: [Slot] = []
    private var sources: [Source] = []

    /// An empty configuration.
    public init() {}

    // MARK: Building

    mutating func addSource(_ source: Source) -> Int {
        if bytes.isEmpty {
            bytes.reserveCapacity(2048)
            slots.reserveCapacity(32)
        }
        sources.append(source)
        return sources.count - 1
    }

    /// Adds a variable. As in git, a NUL byte ends key and value.
    mutating func append(key: [UInt8], value: [UInt8]?, source: Int, line: Int) {
        let start = bytes.count
        bytes.append(contentsOf: Self.upToNUL(key))
        let keyCount = bytes.count - start
        if let value { bytes.append(contentsOf: Self.upToNUL(value)) }
        slots.append(
            Slot(
                start: start, keyCount: Int32(clamping: keyCount),
                valueCount: value == nil ? -1 : Int32(clamping: bytes.count - start - keyCount),
                source: Int32(clamping: source), line: Int32(clamping: line)))
    }

    private static func upToNUL(_ text: [UInt8]) -> ArraySlice<UInt8> {
        text[..<(text.firstIndex(of: 0) ?? text.count)]
    }

    func source(at index: Int) -> Source { sources[Int(slots[index].source)] }

    // MARK: Reading

    /// The number of variables.
    public var count: Int { slots.count }

    /// The variable at `index`, below `count`.
    public subscript(index: Int) -> Entry {
        let slot = slots[index]
        let source = sources[Int(slot.source)]
        return Entry(
            key: Array(key(at: index)), value: value(at: index), scope: source.scope, file: source.file,
            line: Int(slot.line))
    }

    /// All variables, in the order in which they were read.
    public var entries: [Entry] { slots.indices.map { self[$0] } }

    func key(at index: Int) -> ArraySlice<UInt8> {
        let slot = slots[index]
        return bytes[slot.start..<slot.start + Int(slot.keyCount)]
    }

    func value(at index: Int) -> [UInt8]? {
        let slot = slots[index]
        guard slot.valueCount >= 0 else { return nil }
        let start = slot.start + Int(slot.keyCount)
        return Array(bytes[start..<start + Int(slot.valueCount)])
    }

    /// The index of the last variable with this canonical key, the one that counts; nil when there is none.
    func lastIndex(of key: some Collection<UInt8>) -> Int? {
        let count = key.count
        var index = slots.count
        while index > 0 {
            index -= 1
            if Int(slots[index].keyCount) == count, matches(index, key) { return index }
        }
        return nil
    }

    private func matches(_ index: Int, _ key: some Collection<UInt8>) -> Bool {
        var at = slots[index].start
        for byte in key {
            if bytes[at] != byte { return false }
            at += 1
        }
        return true
    }

    /// The indices of all variables with this canonical key, in order.
    func indices(of key: some Collection<UInt8>) -> [Int] {
        let count = key.count
        return slots.indices.filter { Int(slots[$0].keyCount) == count && matches($0, key) }
    }

    /// The last value of `key` ("core.bare", in canonical form), or nil when it is not set at all.
    public func entry(_ key: String) -> Entry? { lastIndex(of: key.utf8).map { self[$0] } }

    /// The names before the first section of a file, which git complains of and passes over.
    public var keysWithoutSection: [[UInt8]] {
        slots.indices.lazy.map { key(at: $0) }.filter { !$0.contains(UInt8(ascii: ".")) }.map { Array($0) }
    }

    /// Every variable with this canonical key, in order.
    public func entries(_ key: String) -> [Entry] { indices(of: key.utf8).map { self[$0] } }

    /// The canonical key of a variable in a subsection, which may hold any bytes.
    public static func key(_ section: String, _ subsection: [UInt8], _ name: String) -> [UInt8] {
        Array(section.lowercased().utf8) + [UInt8(ascii: ".")] + subsection + [UInt8(ascii: ".")]
            + Array(name.lowercased().utf8)
    }

    /// The last variable with this canonical key, given as bytes.
    public func entry(_ key: [UInt8]) -> Entry? { lastIndex(of: key).map { self[$0] } }
}
