import StrataIO
import StrataModel
import SystemPackage

extension ObjectError {
    @inline(never)
    static func corrupt(_ path: BytePath, at offset: Int? = nil, object: ObjectID? = nil, _ cause: String) -> Self {
        let place = offset.map { UInt64(truncatingIfNeeded: $0) }
        return Self(.corrupt, object: object, file: path.text, offset: place, cause)
    }

    @inline(never)
    static func tooLarge(_ path: BytePath, at offset: Int? = nil, object: ObjectID? = nil, size: Int) -> Self {
        let place = offset.map { UInt64(truncatingIfNeeded: $0) }
        return Self(.tooLarge, object: object, file: path.text, offset: place, "object of \(size) bytes is too large")
    }

    /// A system call on `path` failed with `number`.
    @inline(never)
    static func unavailable(_ number: Int32, _ path: BytePath, _ cause: String) -> Self {
        Self(.unavailable, file: path.text, errno: number, "\(cause): \(Errno(rawValue: number))")
    }

    @inline(never)
    static func unavailable(_ error: FileError) -> Self {
        Self(
            .unavailable, file: error.path.string, errno: error.errno.rawValue,
            "cannot \(error.operation.rawValue): \(error.errno)")
    }

    /// Runs what works on files; their errors become `unavailable`.
    @inline(__always)
    static func onFiles<R>(_ body: () throws(FileError) -> R) throws(ObjectError) -> R {
        do throws(FileError) { return try body() } catch { throw .unavailable(error) }
    }
}
