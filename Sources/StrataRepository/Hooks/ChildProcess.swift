import CStrataIO
import Glibc
import SystemPackage

/// Starts a program, feeds it, and waits for its end.
enum ChildProcess {
    /// Runs `program` with `input` on its standard input. What it prints goes to this process's standard error, for standard output is
    /// read by programs (`start: ok`), as with git.
    ///
    /// - Returns: its exit status, or 128 plus the signal that ended it. A program that does not read all its input is no error.
    static func run(
        _ program: FilePath, arguments: [String], environment: [String], directory: FilePath, input: [UInt8]
    ) throws(Errno) -> Int32 {
        // A socket instead of a pipe: writing to it need not raise SIGPIPE in this process.
        var ends: [Int32] = [-1, -1]
        guard unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0
        else {
            throw Errno(rawValue: errno)
        }
        let (ours, theirs) = (ends[0], ends[1])
        let child: pid_t
        do throws(Errno) {
            defer { close(theirs) }
            child = try spawn(program, arguments, environment, directory, standardInput: theirs)
        } catch {
            close(ours)
            throw error
        }
        feed(input, to: ours)
        close(ours)
        var status: Int32 = 0
        while unsafe waitpid(child, &status, 0) < 0 {
            guard errno == EINTR else { throw Errno(rawValue: errno) }
        }
        return status & 0x7f == 0 ? status >> 8 & 0xff : 128 + (status & 0x7f)
    }

    private static func feed(_ input: [UInt8], to socket: Int32) {
        var sent = 0
        while sent < input.count {
            let n = unsafe input.withUnsafeBytes { bytes in
                unsafe send(socket, bytes.baseAddress.unsafelyUnwrapped + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if n < 0 && errno == EINTR { continue }
            if n <= 0 { return }
            sent += n
        }
    }

    private static func spawn(
        _ program: FilePath, _ arguments: [String], _ environment: [String], _ directory: FilePath, standardInput: Int32
    ) throws(Errno) -> pid_t {
        let own = Set(environment.map { $0.prefix { $0 != "=" } })
        let inherited = processEnvironment().filter { !own.contains($0.prefix { $0 != "=" }) }
        var child: pid_t = 0
        let result = unsafe withCStrings([program.string] + arguments) { argv in
            unsafe withCStrings(environment + inherited) { envp in
                unsafe directory.withPlatformString { path in
                    unsafe strata_spawn(&child, argv[0], argv, envp, path, standardInput)
                }
            }
        }
        guard result == 0 else { throw Errno(rawValue: result) }
        return child
    }

    private static func processEnvironment() -> [String] {
        var all: [String] = []
        var entry = unsafe environ
        while let text = unsafe entry.pointee {
            unsafe all.append(String(cString: text))
            unsafe entry += 1
        }
        return all
    }

    private static func withCStrings<R>(
        _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> R
    ) -> R {
        var pointers = unsafe strings.map { unsafe strdup($0) } + [nil]
        defer {
            for index in unsafe pointers.indices { unsafe free(pointers[index]) }
        }
        return unsafe pointers.withUnsafeMutableBufferPointer { buffer in
            unsafe body(buffer.baseAddress.unsafelyUnwrapped)
        }
    }
}
