import Glibc
import SystemPackage

/// The one door for every change to disk.
///
/// Each call here is one system call (or says which it makes), retried when a signal interrupts it, and each passes
/// ``DiskFaults``, where a test can count it, fail it, cut it short or stop the process before or after it. Descriptors
/// are close-on-exec. All functions may be called from any thread.
public enum Disk {
    /// Runs one changing system call: `body` gives a negative number and sets `errno` when it fails.
    @discardableResult
    static func change(
        _ operation: FileOperation, _ path: @autoclosure () -> FilePath,
        to target: @autoclosure () -> FilePath? = nil, retrying: Bool = true, _ body: () -> Int
    ) throws(FileError) -> Int {
        if DiskFaults.isArmed {
            return try DiskFaults.run(operation, path(), target(), byteCount: nil) { _ in
                attempt(retrying: retrying, body)
            }
        }
        switch attempt(retrying: retrying, body) {
        case .success(let value): return value
        case .failure(let errno): throw FileError(operation, path(), to: target(), errno)
        }
    }

    /// Repeats `body` while signals interrupt it.
    static func attempt(retrying: Bool = true, _ body: () -> Int) -> Result<Int, Errno> {
        while true {
            let value = body()
            if value >= 0 { return .success(value) }
            let reason = Errno(rawValue: errno)
            if !retrying || reason != .interrupted { return .failure(reason) }
        }
    }
}
