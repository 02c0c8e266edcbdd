import StrataModel
import StrataRefs

/// What the record of a reference says:
///
///     1  kind      the low four bits: 0 none, 1 object id, 2 object id and what it peels to, 3 symbolic, 4 broken;
///                  0x40 the name is malformed; 0x80 a reflog follows
///     8  reflog    its number, the greatest byte first; with 0x80 only
///        value     the ids' bytes; the target; what the broken file held
///
/// A record of kind 0 is of a reference that does not exist and has a reflog.
@safe
struct LMDBRefRecord {
    enum Kind: UInt8 { case none, object, peeled, symbolic, broken }

    let kind: Kind
    let isBadName: Bool
    let log: UInt64?
    /// Where the value lies.
    let payload: UnsafeRawBufferPointer

    /// In place, as ``view(name:owner:)`` is: of a step from one reference to the next, most was copies of what they give.
    @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer, _ algorithm: HashAlgorithm) throws(LMDBFailure) {
        guard let first = unsafe bytes.first, let kind = Kind(rawValue: first & 0x0f), first & 0x30 == 0 else {
            throw .damaged("a reference is of no known kind")
        }
        self.kind = kind
        isBadName = first & 0x40 != 0
        var start = 1
        if first & 0x80 != 0 {
            guard bytes.count >= 9 else { throw .damaged("the record of a reference is cut short") }
            let number: UInt64 = unsafe bytes.number(at: 1)
            guard number > 0, number < 1 << 62 else {
                throw .damaged("the number of a reflog is none that one can have")
            }
            log = number
            start = 9
        } else {
            log = nil
        }
        unsafe payload = UnsafeRawBufferPointer(rebasing: bytes[start...])
        let wanted: Int? =
            switch kind {
            case .none: 0
            case .object: algorithm.byteCount
            case .peeled: 2 * algorithm.byteCount
            case .symbolic, .broken: nil
            }
        guard unsafe wanted == nil || wanted == payload.count else { throw .damaged("an object id has a wrong length") }
    }

    /// What is shown of it; nil where there is no such reference.
    var value: RefValue? {
        switch kind {
        case .none: return nil
        case _ where isBadName: return .broken(.badName)
        default: return stored
        }
    }

    /// The value as it was stored, also where the name is malformed.
    var stored: RefValue? {
        switch kind {
        case .none: return nil
        case .symbolic: return unsafe .symbolic(Array(payload))
        case .broken: return .broken(.content)
        case .object: return unsafe id(0, payload.count).map { .object($0, peeled: nil) }
        case .peeled:
            let half = unsafe payload.count / 2
            return id(0, half).map { .object($0, peeled: id(half, half)) }
        }
    }

    private func id(_ start: Int, _ count: Int) -> ObjectID? {
        let bytes = unsafe UnsafeRawBufferPointer(rebasing: payload[start..<start + count])
        return unsafe ObjectID(bytes: Span(_bytes: RawSpan(_unsafeBytes: bytes)))
    }

    /// A view of it, whose name lies at `name`; `owner` keeps both in place. nil where there is no such reference.
    @inline(__always)
    func view(name: UnsafeBufferPointer<UInt8>, owner: any AnyObject & Sendable) -> RefView? {
        guard kind != .none else { return nil }
        let bytes = unsafe payload.assumingMemoryBound(to: UInt8.self)
        if isBadName || kind == .broken {
            return unsafe RefView(
                owner: owner, name: name, value: bytes, peeled: nil, form: .broken, flags: isBadName ? .badName : [])
        }
        if kind == .symbolic {
            return unsafe RefView(owner: owner, name: name, value: bytes, peeled: nil, form: .symbolic, flags: [])
        }
        let count = kind == .peeled ? bytes.count / 2 : bytes.count
        let peeled = unsafe kind == .peeled ? bytes.baseAddress.map { unsafe $0 + count } : nil
        let id = unsafe UnsafeBufferPointer(rebasing: bytes[..<count])
        return unsafe RefView(owner: owner, name: name, value: id, peeled: peeled, form: .raw, flags: [])
    }

    // MARK: Writing

    /// Adds the record of `value` to `bytes`; nil = the reference does not exist. `content` is what a broken one's file held.
    static func append(
        _ value: RefValue?, of name: RefName, log: UInt64?, content: [UInt8] = [], to bytes: inout [UInt8]
    ) {
        let kind: Kind =
            switch value {
            case nil: .none
            case .object(_, nil): .object
            case .object: .peeled
            case .symbolic: .symbolic
            case .broken: .broken
            }
        bytes.append(kind.rawValue | (kind != .none && !name.isWellFormed ? 0x40 : 0) | (log == nil ? 0 : 0x80))
        if let log { bytes.append(number: log) }
        switch value {
        case nil: break
        case .object(let id, let peeled):
            id.appendBytes(to: &bytes)
            peeled?.appendBytes(to: &bytes)
        case .symbolic(let target): bytes.append(contentsOf: target)
        case .broken: bytes.append(contentsOf: content)
        }
    }

    /// Adds this record to `bytes`, with another reflog.
    func append(log: UInt64?, to bytes: inout [UInt8]) {
        bytes.append(kind.rawValue | (isBadName ? 0x40 : 0) | (log == nil ? 0 : 0x80))
        if let log { bytes.append(number: log) }
        unsafe bytes.append(contentsOf: payload)
    }
}
