public import StrataModel

/// One reference as a cursor yields it: a view of bytes that its owner keeps alive, without an allocation of its own.
///
/// A view may be kept, stored and sent anywhere; it holds its owner, a whole mapped file perhaps. Copy what is to be kept
/// for long with ``refName`` and ``value``.
@safe
public struct RefView: Sendable {
    /// How the value's bytes are written.
    public enum Form: UInt8, Sendable {
        /// 40 or 64 hexadecimal digits; so are the peeled id's.
        case hex
        /// 20 or 32 bytes; so are the peeled id's.
        case raw
        /// The name of another reference.
        case symbolic
        /// Nothing of use.
        case broken
    }

    /// What else is known of a reference.
    public struct Flags: OptionSet, Sendable {
        public let rawValue: UInt8
        @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// It stands in a packed-refs file.
        public static let packed = Flags(rawValue: 1)
        /// Its name is malformed, if safe.
        public static let badName = Flags(rawValue: 2)
        /// Every byte of an id in hexadecimal was found to be a digit.
        package static let checkedDigits = Flags(rawValue: 4)
    }

    // Sendable: the owner never changes the bytes that it has handed out, and frees them only when it dies itself.
    @usableFromInline let owner: any AnyObject & Sendable
    @usableFromInline nonisolated(unsafe) let nameBase: UnsafePointer<UInt8>
    @usableFromInline nonisolated(unsafe) let valueBase: UnsafePointer<UInt8>
    @usableFromInline nonisolated(unsafe) let peeledBase: UnsafePointer<UInt8>?
    @usableFromInline let nameCount: UInt32
    @usableFromInline let valueCount: UInt32
    public let form: Form
    public let flags: Flags

    /// A view of bytes that `owner` keeps in place, unchanged, as long as it lives.
    ///
    /// - Parameters:
    ///   - value: the value's bytes, as `form` says.
    ///   - peeled: where the peeled id stands, written in the form and with the length of `value`; nil when not known.
    @unsafe
    @inlinable @inline(__always)
    public init(
        owner: any AnyObject & Sendable, name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>,
        peeled: UnsafePointer<UInt8>?, form: Form, flags: Flags
    ) {
        self.owner = owner
        // An empty buffer may have no address; any will do for no bytes.
        unsafe nameBase = name.baseAddress ?? UnsafePointer(bitPattern: 1).unsafelyUnwrapped
        unsafe valueBase = value.baseAddress ?? UnsafePointer(bitPattern: 1).unsafelyUnwrapped
        unsafe peeledBase = peeled
        nameCount = UInt32(truncatingIfNeeded: name.count)
        valueCount = UInt32(truncatingIfNeeded: value.count)
        self.form = form
        self.flags = flags
    }
}

extension RefView {
    /// The name's bytes, valid as long as this view lives.
    @unsafe
    @inlinable public var nameBuffer: UnsafeBufferPointer<UInt8> {
        unsafe UnsafeBufferPointer(start: nameBase, count: Int(nameCount))
    }

    /// The value's bytes as they are written, valid as long as this view lives.
    @unsafe
    @inlinable public var valueBuffer: UnsafeBufferPointer<UInt8> {
        unsafe UnsafeBufferPointer(start: valueBase, count: Int(valueCount))
    }

    /// The name's bytes, without a copy.
    @inlinable public var name: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            let span = unsafe Span(_unsafeElements: nameBuffer)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// The name, copied.
    public var refName: RefName { unsafe RefName(unchecked: Array(nameBuffer)) }

    /// The object id; nil for a symbolic or broken reference, or when the digits are none.
    @inlinable public var objectID: ObjectID? { unsafe decode(valueBase) }

    /// What the object peels to, where the store keeps it.
    @inlinable public var peeled: ObjectID? {
        guard let base = unsafe peeledBase else { return nil }
        return unsafe decode(base)
    }

    /// Whether this is a symbolic reference.
    @inlinable public var isSymbolic: Bool { form == .symbolic }

    /// The value, copied.
    public var value: RefValue {
        switch form {
        case .symbolic: return unsafe .symbolic(Array(valueBuffer))
        case .broken: return .broken(flags.contains(.badName) ? .badName : .content)
        case .hex, .raw:
            guard let id = objectID else { return .broken(.content) }
            return .object(id, peeled: peeled)
        }
    }

    @inlinable
    func decode(_ base: UnsafePointer<UInt8>) -> ObjectID? {
        switch form {
        case .hex:
            guard let algorithm = HashAlgorithm(hexCount: Int(valueCount)) else { return nil }
            if flags.rawValue & 4 != 0 { return unsafe ObjectID(checkedHexAt: base, algorithm: algorithm) }
            return unsafe ObjectID(hexAt: UnsafeRawPointer(base), algorithm: algorithm)
        case .raw: return unsafe ObjectID(bytes: Span(_unsafeStart: base, count: Int(valueCount)))
        case .symbolic, .broken: return nil
        }
    }
}
