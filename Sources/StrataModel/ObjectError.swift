/// Why a question about an object has no answer. "There is no such object" is an answer, and no error.
public struct ObjectError: Error, Sendable {
    public enum Code: Sendable, Hashable {
        /// A file's contents break the rules of its format.
        case corrupt
        /// A file that may hold the object could not be read.
        case unavailable
        /// The object is larger than the caller allows.
        case tooLarge
        /// Other contents have the same id, or were made to: an attack on SHA-1. Nothing was written.
        case collision
        /// The store does not do what was asked of it. Nothing has changed.
        case refused
    }

    // One word wide, so that throwing it costs the functions that do not throw nothing.
    private let storage: Storage

    private final class Storage: Sendable {
        let code: Code
        let object: ObjectID?
        let file: String?
        let offset: UInt64?
        let errno: Int32?
        let cause: String

        init(code: Code, object: ObjectID?, file: String?, offset: UInt64?, errno: Int32?, cause: String) {
            self.code = code
            self.object = object
            self.file = file
            self.offset = offset
            self.errno = errno
            self.cause = cause
        }
    }

    /// An error about `object`, in `file` at byte `offset`; `errno` is the system's reason where there is one.
    @inline(never)
    public init(
        _ code: Code, object: ObjectID? = nil, file: String? = nil, offset: UInt64? = nil, errno: Int32? = nil,
        _ cause: String
    ) {
        storage = Storage(code: code, object: object, file: file, offset: offset, errno: errno, cause: cause)
    }

    public var code: Code { storage.code }
    /// The object that was asked for, or the one at fault.
    public var object: ObjectID? { storage.object }
    /// The path of the file at fault; bytes that are not UTF-8 are replaced.
    public var file: String? { storage.file }
    /// Where in the file, in bytes.
    public var offset: UInt64? { storage.offset }
    /// The system's error number, when a system call failed.
    public var errno: Int32? { storage.errno }
    /// What is wrong, in words.
    public var cause: String { storage.cause }
}

extension ObjectError: CustomStringConvertible {
    public var description: String {
        var text = ""
        if let file { text += "\(file): " }
        if let offset { text += "at byte \(offset): " }
        return text + cause
    }
}
