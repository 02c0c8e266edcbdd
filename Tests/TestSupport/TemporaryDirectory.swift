import CTestSupport
import Glibc
public import SystemPackage

/// A fresh directory that goes away with its object.
public final class TemporaryDirectory: Sendable {
    public let path: FilePath

    /// Made in `parent`, by default `TMPDIR` or `/tmp`.
    public init(in parent: FilePath? = nil) throws(Errno) {
        let base = parent ?? FilePath(processEnvironment()["TMPDIR"] ?? "/tmp")
        var template = Array(base.appending("strata-test-XXXXXX").string.utf8CString)
        let made = unsafe template.withUnsafeMutableBufferPointer { buffer -> String? in
            guard let name = unsafe mkdtemp(buffer.baseAddress!) else { return nil }
            return unsafe String(cString: name)
        }
        guard let made else { throw Errno(rawValue: errno) }
        path = FilePath(made)
    }

    deinit { removeTree(path) }

    /// `path/name`; `name` may have slashes.
    public func appending(_ name: String) -> FilePath { path.appending(name) }
}

/// Removes a file or a whole directory; what cannot be removed stays.
public func removeTree(_ path: FilePath) {
    unsafe path.withPlatformString { unsafe test_tree_remove($0) }
}
