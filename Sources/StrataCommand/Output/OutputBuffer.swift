import SystemPackage

/// Bytes on their way to standard output, written in blocks of 64 KiB.
///
/// A failed write is remembered and what follows is dropped; ``finish()`` reports it, as git does when a verb ends.
/// Not for use from several threads at once.
final class OutputBuffer {
    private let descriptor: FileDescriptor?
    private var pending: Bytes = []
    private(set) var failure: Errno?
    private static let block = 65_536

    /// - Parameter descriptor: where the bytes go; nil keeps them all, for ``collected``.
    init(descriptor: FileDescriptor?) {
        self.descriptor = descriptor
        pending.reserveCapacity(descriptor == nil ? 0 : Self.block + 4096)
    }

    /// What was written and not flushed: everything when there is no descriptor.
    var collected: Bytes { pending }

    func append(_ bytes: some Collection<UInt8>) {
        pending.append(contentsOf: bytes)
        if pending.count >= Self.block { flush() }
    }

    /// Adds bytes that may be many: those are not copied.
    func append(_ bytes: Bytes) {
        guard descriptor != nil, bytes.count >= Self.block else {
            pending.append(contentsOf: bytes)
            if pending.count >= Self.block { flush() }
            return
        }
        flush()
        write(bytes)
    }

    func append(_ text: String) {
        append(text.utf8)
    }

    func append(_ byte: UInt8) {
        pending.append(byte)
        if pending.count >= Self.block { flush() }
    }

    /// Lets `body` add to the bytes in place, for what is made of many small pieces.
    func append<E: Error>(_ body: (inout Bytes) throws(E) -> Void) throws(E) {
        try body(&pending)
        if pending.count >= Self.block { flush() }
    }

    /// Hands everything to the system now, as replies in a dialogue need it.
    func flush() {
        guard descriptor != nil, !pending.isEmpty else { return }
        write(pending)
        pending.removeAll(keepingCapacity: true)
    }

    private func write(_ bytes: Bytes) {
        guard let descriptor, failure == nil else { return }
        do {
            try descriptor.writeAll(bytes)
        } catch {
            failure = error as? Errno ?? .ioError
        }
    }

    /// Flushes.
    ///
    /// - Throws: git's fatal error when this or an earlier write failed. (A reader that went away ends the process by
    ///   SIGPIPE before.)
    func finish() throws(CommandExit) {
        flush()
        if let failure { throw .fatal("write failure on standard output: \(failure.description)") }
    }
}
