package import StrataModel
import StrataRefs

/// The file of an intent: the line `strata-intent 1`, then parts, each a length and its bytes, then a checksum of all before. Where a database
/// decides over it the line is `strata-intent 2`, and before the parts come the database's id and path.
///
/// A part is one byte for the hash algorithm and then steps: directory, name, old value, action with its value, and either a
/// zero or a one with the offset and bytes of a reflog line. Byte strings have their length before them; numbers are 8 bytes, the lowest
/// first. The checksum (64-bit FNV-1a) tells a file that was written whole from one that was cut: an intent that is not whole was never
/// acted upon.
package enum RefIntentCoding {
    static let magic = Array("strata-intent 1\n".utf8)
    /// Of the same length.
    static let decidedMagic = Array("strata-intent 2\n".utf8)
    /// The most bytes that are read of a file.
    static let limit = 1 << 30

    package static func encode(_ algorithm: HashAlgorithm, _ steps: [RefIntent.Step]) -> [UInt8] {
        var bytes: [UInt8] = [algorithm.rawValue]
        for step in steps {
            bytes.append(counted: step.directory)
            bytes.append(counted: step.name.bytes)
            bytes.append(value: step.old)
            switch step.action {
            case .keep: bytes.append(0)
            case .write(let value):
                bytes.append(1)
                bytes.append(value: value)
            case .pack(let value):
                bytes.append(2)
                bytes.append(value: value)
            case .delete: bytes.append(3)
            }
            if let log = step.log {
                bytes.append(1)
                bytes.append(number: UInt64(log.offset))
                bytes.append(counted: log.line)
            } else {
                bytes.append(0)
            }
        }
        return bytes
    }

    /// The whole file.
    package static func file(_ parts: [[UInt8]], decidedBy decider: RefIntentFile.Decider? = nil) -> [UInt8] {
        var bytes = decider == nil ? magic : decidedMagic
        if let decider {
            bytes.append(counted: decider.id)
            bytes.append(counted: decider.path)
        }
        for part in parts { bytes.append(counted: part) }
        bytes.append(number: checksum(bytes.span))
        return bytes
    }

    /// What a file says; nil when it is not whole, so that nothing has been done yet of it.
    package static func decode(_ file: [UInt8]) throws(RefIntentError) -> RefIntentFile? {
        guard file.count >= magic.count + 8 else { return nil }
        let end = file.count - 8
        var trailer = IntentReader(file, from: end)
        guard try trailer.number() == checksum(file.span.extracting(first: end)) else { return nil }
        let isDecided = file.starts(with: decidedMagic)
        guard isDecided || file.starts(with: magic) else { throw RefIntentError(offset: 0, problem: "unknown format") }
        var reader = IntentReader(file, from: magic.count, to: end)
        let decider = isDecided ? try reader.decider() : nil
        var intents: [RefIntent] = []
        while !reader.isAtEnd {
            var part = try reader.part()
            guard let algorithm = HashAlgorithm(rawValue: try part.byte()) else { throw part.error("unknown hash") }
            var steps: [RefIntent.Step] = []
            while !part.isAtEnd { steps.append(try part.step(algorithm)) }
            intents.append(RefIntent(algorithm: algorithm, steps: steps))
        }
        return RefIntentFile(decider: decider, intents)
    }

    private static func checksum(_ bytes: Span<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for i in bytes.indices { hash = (hash ^ UInt64(bytes[i])) &* 0x100_0000_01b3 }
        return hash
    }
}

/// Where an intent that was written whole is malformed.
package struct RefIntentError: Error {
    package let offset: Int
    package let problem: String
}

extension [UInt8] {
    fileprivate mutating func append(number: UInt64) {
        for shift in stride(from: 0, to: 64, by: 8) { append(UInt8(truncatingIfNeeded: number >> UInt64(shift))) }
    }

    fileprivate mutating func append(counted bytes: [UInt8]) {
        append(number: UInt64(bytes.count))
        append(contentsOf: bytes)
    }

    fileprivate mutating func append(value: RefValue?) {
        switch value {
        case nil: append(0)
        case .object(let id, let peeled):
            append(1)
            append(contentsOf: id.bytes)
            append(peeled == nil ? 0 : 1)
            if let peeled { append(contentsOf: peeled.bytes) }
        case .symbolic(let target):
            append(2)
            append(counted: target)
        case .broken(let breakage):
            append(3)
            append(breakage.rawValue)
        }
    }
}

/// Takes an intent apart. Every length is checked before it is believed.
private struct IntentReader {
    private let bytes: [UInt8]
    private var at: Int
    private let end: Int

    init(_ bytes: [UInt8], from start: Int, to end: Int? = nil) {
        self.bytes = bytes
        at = start
        self.end = end ?? bytes.count
    }

    var isAtEnd: Bool { at == end }

    func error(_ problem: String) -> RefIntentError { RefIntentError(offset: at, problem: problem) }

    private mutating func take(_ count: Int) throws(RefIntentError) -> Range<Int> {
        guard count <= end - at else { throw error("cut short") }
        defer { at += count }
        return at..<at + count
    }

    mutating func byte() throws(RefIntentError) -> UInt8 { bytes[try take(1).lowerBound] }

    mutating func number() throws(RefIntentError) -> UInt64 {
        bytes[try take(8)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private mutating func length() throws(RefIntentError) -> Int {
        guard let length = Int(exactly: try number()) else { throw error("a length that cannot be") }
        return length
    }

    private mutating func counted() throws(RefIntentError) -> [UInt8] { Array(bytes[try take(try length())]) }

    mutating func part() throws(RefIntentError) -> IntentReader {
        let range = try take(try length())
        return IntentReader(bytes, from: range.lowerBound, to: range.upperBound)
    }

    mutating func decider() throws(RefIntentError) -> RefIntentFile.Decider {
        let decider = RefIntentFile.Decider(id: try counted(), path: try counted())
        let isInside = !decider.path.isEmpty && RefIntent.staysInside(decider.path)
        guard isInside || decider.path.first == UInt8(ascii: "/") && !decider.path.contains(0) else {
            throw error("no path of a database")
        }
        return decider
    }

    private mutating func id(_ algorithm: HashAlgorithm) throws(RefIntentError) -> ObjectID {
        let range = try take(algorithm.byteCount)
        guard let id = ObjectID(bytes: bytes.span.extracting(range)) else { throw error("no object id") }
        return id
    }

    private mutating func value(_ algorithm: HashAlgorithm) throws(RefIntentError) -> RefValue? {
        switch try byte() {
        case 0: return nil
        case 1:
            let id = try id(algorithm)
            return .object(id, peeled: try byte() == 0 ? nil : try self.id(algorithm))
        case 2: return .symbolic(try counted())
        case 3:
            guard let breakage = RefBreakage(rawValue: try byte()) else { throw error("unknown breakage") }
            return .broken(breakage)
        default: throw error("unknown kind of value")
        }
    }

    private mutating func newValue(_ algorithm: HashAlgorithm) throws(RefIntentError) -> RefValue {
        switch try value(algorithm) {
        case nil, .broken: throw error("no value to write")
        case let value?: return value
        }
    }

    mutating func step(_ algorithm: HashAlgorithm) throws(RefIntentError) -> RefIntent.Step {
        let directory = try counted()
        guard RefIntent.staysInside(directory) else { throw error("no directory of a repository") }
        guard let name = RefName(tolerating: try counted()) else { throw error("no safe refname") }
        let old = try value(algorithm)
        let action: RefIntent.Action
        switch try byte() {
        case 0: action = .keep
        case 1: action = .write(try newValue(algorithm))
        case 2:
            let value = try newValue(algorithm)
            guard value.objectID != nil else { throw error("no value to pack") }
            action = .pack(value)
        case 3: action = .delete
        default: throw error("unknown action")
        }
        var log: RefIntent.Log?
        switch try byte() {
        case 0: break
        case 1: log = RefIntent.Log(offset: try length(), line: try counted())
        default: throw error("unknown kind of reflog line")
        }
        return RefIntent.Step(directory: directory, name: name, old: old, action: action, log: log)
    }
}
