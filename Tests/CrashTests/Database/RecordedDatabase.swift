import CDatabaseFaults
import StrataIO
import SystemPackage
import TestSupport

/// What was done to the data file of a database, call by call, and what of it a loss of power can leave.
struct RecordedDatabase {
    enum Event {
        case write(offset: Int, bytes: [UInt8], isSynced: Bool)
        case sync
        /// The file got its name.
        case name
        case nameSync
        case mark(Int)
    }

    /// The file as the medium can have it.
    struct Image: Hashable {
        /// nil = there is no file of that name.
        var bytes: [UInt8]?
        /// What stands under another name, where the file has no name yet.
        var unnamed: [UInt8]?
    }

    let events: [Event]
    private let first: [UInt8]?

    init(log: FilePath, first: [UInt8]?) throws {
        self.first = first
        let bytes = try readFile(log) ?? []
        var events: [Event] = []
        var at = 0
        func number<N: FixedWidthInteger>(_ offset: Int, _: N.Type) -> Int {
            Int(unsafe bytes.withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: at + offset, as: N.self) })
        }
        while at + MemoryLayout<database_record>.size <= bytes.count {
            let kind = number(0, UInt32.self)
            let (mark, offset, count) = (number(4, UInt32.self), number(8, UInt64.self), number(16, UInt64.self))
            at += MemoryLayout<database_record>.size
            guard at + count <= bytes.count else { throw Errno.badMessage }
            switch database_record_kind(rawValue: UInt32(kind)) {
            case database_record_write, database_record_synced_write:
                let isSynced = kind == Int(database_record_synced_write.rawValue)
                events.append(.write(offset: offset, bytes: Array(bytes[at..<at + count]), isSynced: isSynced))
            case database_record_sync: events.append(.sync)
            case database_record_name: events.append(.name)
            case database_record_name_sync: events.append(.nameSync)
            case database_record_mark: events.append(.mark(mark))
            default: throw Errno.badMessage
            }
            at += count
        }
        guard at == bytes.count else { throw Errno.badMessage }
        self.events = events
    }

    /// How many operations had been acknowledged after `count` events.
    func acknowledged(after count: Int) -> Int {
        events[..<count].reduce(0) { if case .mark(let number) = $1 { number } else { $0 } }
    }

    /// What the medium can have when the power goes after `count` events: of the writes since the last sync none, all, all up to one, each alone, all
    /// but each, and some at random, torn between sectors.
    func images(after count: Int, using random: inout some RandomNumberGenerator) -> Set<Image> {
        var disk = Disk(bytes: first ?? [], isNamed: first != nil, isNameSynced: first != nil)
        for event in events[..<count] { disk.take(event) }
        let all = Array(disk.pending.indices)
        var choices: [[Int]] = [[], all]
        for index in all { choices += [Array(all[..<index]), [index], all.filter { $0 != index }] }
        var images = Set(choices.map { disk.contents($0) { _ in true } })
        for _ in 0..<(all.isEmpty ? 0 : 6) {
            // A sector is whole; what is in two of them is not.
            images.insert(disk.contents(all) { _ in Bool.random(using: &random) })
        }
        return images.reduce(into: []) { result, bytes in
            if disk.isNamed { result.insert(Image(bytes: bytes)) }
            if !disk.isNameSynced { result.insert(Image(unnamed: bytes)) }
        }
    }

    private static let sector = 512

    private struct Disk {
        var bytes: [UInt8]
        var isNamed: Bool
        var isNameSynced: Bool
        /// In order; a later one of the same place is over an earlier one.
        var pending: [(offset: Int, bytes: [UInt8])] = []

        mutating func take(_ event: Event) {
            switch event {
            case .write(let offset, let bytes, false): pending.append((offset, bytes))
            case .write(let offset, let bytes, true):
                // What is over it now is not written under it later.
                pending.removeAll { $0.offset < offset + bytes.count && offset < $0.offset + $0.bytes.count }
                Self.put(bytes, at: offset, in: &self.bytes)
            case .sync:
                for one in pending { Self.put(one.bytes, at: one.offset, in: &bytes) }
                pending = []
            case .name: isNamed = true
            case .nameSync: isNameSynced = isNamed
            case .mark: break
            }
        }

        func contents(_ chosen: [Int], _ isWritten: (Int) -> Bool) -> [UInt8] {
            var result = bytes
            for index in chosen {
                let (offset, bytes) = pending[index]
                var at = 0
                while at < bytes.count {
                    let next = min(bytes.count, at + sector - (offset + at) % sector)
                    if isWritten(offset + at) { Self.put(Array(bytes[at..<next]), at: offset + at, in: &result) }
                    at = next
                }
            }
            return result
        }

        private static func put(_ new: [UInt8], at offset: Int, in bytes: inout [UInt8]) {
            if bytes.count < offset + new.count {
                bytes.append(contentsOf: repeatElement(0, count: offset + new.count - bytes.count))
            }
            bytes.replaceSubrange(offset..<offset + new.count, with: new)
        }
    }
}
