import Synchronization
import SystemPackage

/// Standard error: complete lines, written at once, from any thread.
final class ErrorStream: Sendable {
    private let descriptor: FileDescriptor?
    private let lines = Mutex<Bytes>([])

    /// - Parameter descriptor: where lines go; nil keeps them, for ``collected``.
    init(descriptor: FileDescriptor?) {
        self.descriptor = descriptor
    }

    /// What was written, when there is no descriptor.
    var collected: Bytes { lines.withLock { $0 } }

    /// Writes complete lines. Nobody is left to tell when that fails.
    func write(_ text: Bytes) {
        guard !text.isEmpty else { return }
        if let descriptor {
            _ = try? descriptor.writeAll(text)
        } else {
            lines.withLock { $0 += text }
        }
    }

    /// `error: …`
    func error(_ message: Bytes) { write(Diagnostic.line("error: ", message)) }

    /// `warning: …`
    func warning(_ message: Bytes) { write(Diagnostic.line("warning: ", message)) }
}

/// The three standard streams of one run of the command.
public final class Console {
    let output: OutputBuffer
    let errors: ErrorStream
    let input: InputReader

    /// The process's own streams.
    public static func process() -> Console {
        Console(
            output: OutputBuffer(descriptor: .standardOutput), errors: ErrorStream(descriptor: .standardError),
            input: InputReader(descriptor: .standardInput))
    }

    /// Streams in memory: `input` is read, output and errors are kept.
    static func memory(input: Bytes = []) -> Console {
        Console(
            output: OutputBuffer(descriptor: nil), errors: ErrorStream(descriptor: nil),
            input: InputReader(bytes: input))
    }

    private init(output: OutputBuffer, errors: ErrorStream, input: InputReader) {
        self.output = output
        self.errors = errors
        self.input = input
    }
}
