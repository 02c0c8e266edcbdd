public import StrataModel

/// A failure of a reference store: not a verdict on an edit (``RefRejection``), and not "no such reference" (nil).
public struct RefError: Error, Sendable {
    /// The kinds of failure. More may come: match with a default.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        enum Kind: String, Sendable { case corrupt, unavailable, locked, rejected, invalid, unsupported, refused }
        let kind: Kind
        /// Something on disk is malformed.
        public static let corrupt = Code(kind: .corrupt)
        /// It could not be read or written just now: I/O, permission, a vanished disk.
        public static let unavailable = Code(kind: .unavailable)
        /// A lock was not to be had before the deadline.
        public static let locked = Code(kind: .locked)
        /// The transaction was rejected; ``RefError/rejection`` says why.
        public static let rejected = Code(kind: .rejected)
        /// The caller asked for something without meaning.
        public static let invalid = Code(kind: .invalid)
        /// This store cannot do that.
        public static let unsupported = Code(kind: .unsupported)
        /// An observer or hook said no.
        public static let refused = Code(kind: .refused)
        public var description: String { kind.rawValue }
    }

    private final class Storage: Sendable {
        let code: Code
        let message: String
        let reference: RefName?
        let path: String?
        let cause: (any Error)?
        let rejection: RefRejection?
        let hasTakenEffect: Bool
        init(
            code: Code, message: String, reference: RefName?, path: String?, cause: (any Error)?,
            rejection: RefRejection?, hasTakenEffect: Bool = false
        ) {
            self.hasTakenEffect = hasTakenEffect
            self.code = code
            self.message = message
            self.reference = reference
            self.path = path
            self.cause = cause
            self.rejection = rejection
        }
    }

    private let storage: Storage

    @inline(never)
    public init(
        _ code: Code, _ message: String, reference: RefName? = nil, path: String? = nil, cause: (any Error)? = nil
    ) {
        storage = Storage(
            code: code, message: message, reference: reference, path: path, cause: cause, rejection: nil)
    }

    /// A failure to make last through a loss of power what has happened: ``hasTakenEffect``.
    ///
    /// - Parameter done: what has happened, as `'x' has changed`.
    @inline(never)
    public init(notDurable done: String, reference: RefName? = nil, path: String?, cause: any Error) {
        storage = Storage(
            code: .unavailable, message: "\(done), but may not survive a power failure: \(cause)", reference: reference,
            path: path, cause: cause, rejection: nil, hasTakenEffect: true)
    }

    /// The failure of an atomic transaction one of whose edits was rejected.
    @inline(never)
    public init(_ rejection: RefRejection, of name: RefName) {
        storage = Storage(
            code: .rejected, message: rejection.message, reference: name, path: nil, cause: nil, rejection: rejection)
    }

    public var code: Code { storage.code }
    /// What happened, in git's words where git has any.
    public var message: String { storage.message }
    /// The reference concerned.
    public var reference: RefName? { storage.reference }
    /// The file concerned.
    public var path: String? { storage.path }
    /// What lies beneath.
    public var cause: (any Error)? { storage.cause }
    /// Whether what was asked has been done all the same: only that it lasts through a loss of power could not be seen to.
    public var hasTakenEffect: Bool { storage.hasTakenEffect }
    /// The verdict, where ``code`` is ``Code/rejected``.
    public var rejection: RefRejection? { storage.rejection }
}

extension RefError {
    /// The same failure of a later store, where an earlier one of the transaction has committed.
    func afterPartialCommit() -> RefError {
        RefError(
            code, message + "; other references of the transaction have changed already", reference: reference,
            path: path,
            cause: cause ?? self)
    }
}

extension RefError {
    /// The failure of a last sync as that of a transaction that is done.
    func afterTakingEffect(_ done: String) -> RefError {
        RefError(notDurable: done, reference: reference, path: path, cause: cause ?? self)
    }
}

extension RefError: CustomStringConvertible {
    public var description: String { message }
}
