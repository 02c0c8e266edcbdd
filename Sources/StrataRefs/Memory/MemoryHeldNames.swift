import StrataModel

/// The names that are held in a memory store. `a` and `a/b` are never held by two at once: each would find the other's place free.
struct MemoryHeldNames: Sendable {
    private var names: Set<RefName> = []
    /// How many held names lie below a directory.
    private var counts: [RefName: Int] = [:]

    /// Takes `name` for a hold that has `own` already, if no other has it or one that excludes it.
    mutating func take(_ name: RefName, besides own: Set<RefName>) -> Bool {
        if names.contains(name) { return false }
        let directories = name.directories
        if directories.contains(where: { names.contains($0) && !own.contains($0) }) { return false }
        if let below = counts[name] {
            let prefix = name.bytes + [UInt8(ascii: "/")]
            if below > own.count(where: { $0.hasPrefix(prefix) }) { return false }
        }
        names.insert(name)
        for directory in directories { counts[directory, default: 0] += 1 }
        return true
    }

    mutating func letGo(_ own: Set<RefName>) {
        names.subtract(own)
        for directory in own.flatMap(\.directories) {
            guard let count = counts[directory] else { continue }
            counts[directory] = count > 1 ? count - 1 : nil
        }
    }
}

extension RefName {
    /// The names that a slash of this one ends.
    fileprivate var directories: [RefName] {
        bytes.indices.filter { bytes[$0] == UInt8(ascii: "/") }.map { RefName(unchecked: Array(bytes[..<$0])) }
    }
}
