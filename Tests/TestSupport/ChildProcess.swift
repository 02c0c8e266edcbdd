import CTestSupport
import Glibc
public import SystemPackage

/// A child process with pipes to its three standard streams. For use by one thread.
///
/// Every other descriptor of this process that is close-on-exec stays out of the child; the pipes are.
public final class ChildProcess {
    public let pid: Int32
    private var input: Int32
    private var out: Int32
    private var err: Int32
    private var pending: [UInt8] = []
    private var status: Int32?
    /// How long one wait for the child may last, in milliseconds, before it is killed; below zero: for ever.
    public var patience: Int32 = -1

    public init(
        _ executable: String, _ arguments: [String] = [], environment: [String: String?] = [:],
        directory: FilePath? = nil
    ) throws(Errno) {
        var pipes: [Int32] = []
        for _ in 0..<3 {
            var ends: [Int32] = [-1, -1]
            let failure = unsafe test_pipe(&ends)
            guard failure == 0 else {
                for fd in pipes { close(fd) }
                throw Errno(rawValue: failure)
            }
            pipes += ends
        }
        let child = [pipes[0], pipes[3], pipes[5]]
        let spawned = spawn(executable, arguments, environment, directory, streams: child)
        for fd in child { close(fd) }
        guard spawned.error == 0 else {
            for fd in [pipes[1], pipes[2], pipes[4]] { close(fd) }
            throw Errno(rawValue: spawned.error)
        }
        pid = spawned.pid
        (input, out, err) = (pipes[1], pipes[2], pipes[4])
        // A child that does not read its input must not end this process.
        signal(SIGPIPE, SIG_IGN)
    }

    deinit {
        for fd in [input, out, err] where fd >= 0 { close(fd) }
        if status == nil {
            Glibc.kill(pid, SIGKILL)
            _ = wait()
        }
    }

    /// Sends a signal, unless the process has been waited for.
    public func kill(_ signal: Int32 = 9) {
        if status == nil { Glibc.kill(pid, signal) }
    }

    /// Waits for the end: the exit status, or 128 + the signal.
    public func wait() -> Int32 {
        if let status { return status }
        var raw: Int32 = 0
        while unsafe waitpid(pid, &raw, 0) < 0 && errno == EINTR {}
        let value = raw & 0x7f == 0 ? (raw >> 8) & 0xff : 128 + (raw & 0x7f)
        status = value
        return value
    }

    /// Writes all of `bytes` to the child's standard input. Meant for a child that reads it.
    public func send(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let n = unsafe write(input, bytes.baseAddress! + done, bytes.count - done)
                if n < 0 && errno == EINTR { continue }
                if n <= 0 { return }
                done += n
            }
        }
    }

    /// Closes the child's standard input.
    public func closeInput() {
        if input >= 0 { close(input) }
        input = -1
    }

    /// The next line of the child's standard output, without its newline; nil at its end.
    public func readLine() -> String? {
        while true {
            if let newline = pending.firstIndex(of: 0x0a) {
                let line = String(decoding: pending[..<newline], as: UTF8.self)
                pending.removeFirst(newline + 1)
                return line
            }
            guard becomesReadable(out), readSome(out, into: &pending) else {
                if pending.isEmpty { return nil }
                defer { pending = [] }
                return String(decoding: pending, as: UTF8.self)
            }
        }
    }

    /// Waits until something can be read, within `patience`.
    private func becomesReadable(_ fd: Int32) -> Bool {
        if patience < 0 { return true }
        var poll = pollfd(fd: fd, events: Int16(POLLIN), revents: 0)
        while true {
            let ready = unsafe Glibc.poll(&poll, 1, patience)
            if ready > 0 { return true }
            if ready < 0 && errno == EINTR { continue }
            kill()
            return false
        }
    }

    /// Feeds `stdin`, collects both outputs without deadlock, and waits.
    public func communicate(_ stdin: [UInt8] = []) -> CommandResult {
        var result = CommandResult(status: 0, out: pending, err: [])
        var sent = 0
        if stdin.isEmpty { closeInput() } else { _ = fcntl(input, F_SETFL, O_NONBLOCK) }
        while input >= 0 || out >= 0 || err >= 0 {
            var polls = [
                pollfd(fd: input, events: Int16(POLLOUT), revents: 0),
                pollfd(fd: out, events: Int16(POLLIN), revents: 0),
                pollfd(fd: err, events: Int16(POLLIN), revents: 0),
            ]
            let ready = unsafe poll(&polls, 3, patience)
            if ready == 0 { kill() }
            if ready <= 0 { continue }
            if polls[0].revents != 0 {
                let n = unsafe stdin.withUnsafeBytes { unsafe write(input, $0.baseAddress! + sent, $0.count - sent) }
                if n > 0 { sent += n }
                if (n < 0 && errno != EAGAIN && errno != EINTR) || sent == stdin.count { closeInput() }
            }
            if polls[1].revents != 0, !readSome(out, into: &result.out) {
                close(out)
                out = -1
            }
            if polls[2].revents != 0, !readSome(err, into: &result.err) {
                close(err)
                err = -1
            }
        }
        result.status = wait()
        return result
    }
}

/// Appends what can be read now; false at the end.
private func readSome(_ fd: Int32, into bytes: inout [UInt8]) -> Bool {
    unsafe withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 1) { buffer in
        while true {
            let n = unsafe read(fd, buffer.baseAddress!, buffer.count)
            if n < 0 && errno == EINTR { continue }
            guard n > 0 else { return false }
            unsafe bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<n]))
            return true
        }
    }
}
