import StrataIO
import SystemPackage

/// Standard input in lines, read as it arrives: a line is handed out as soon as its terminator is there.
final class InputReader {
    private let descriptor: FileDescriptor?
    private var block: Bytes
    private var position = 0
    private var end: Int
    /// Called before the reader may wait for more: who writes it may wait for answers.
    var beforeWaiting: (() -> Void)?

    init(descriptor: FileDescriptor) {
        self.descriptor = descriptor
        block = []
        end = 0
    }

    /// A reader of bytes that are there already.
    init(bytes: Bytes) {
        descriptor = nil
        block = bytes
        end = bytes.count
    }

    /// Appends the next line with its terminator to `line`; the last one may lack it.
    ///
    /// - Returns: false at the end of the input, with nothing appended.
    /// - Throws: a fatal error when the input cannot be read: a half-read list of commands must not pass for a whole one.
    func appendLine(terminator: UInt8, to line: inout Bytes) throws(CommandExit) -> Bool {
        var found = false
        while true {
            if position == end {
                if try !fill() { return found }
            }
            found = true
            let rest = block[position..<end]
            if let at = rest.firstIndex(of: terminator) {
                line.append(contentsOf: rest[...at])
                position = at + 1
                return true
            }
            line.append(contentsOf: rest)
            position = end
        }
    }

    /// The input as it comes, for who does not read lines.
    var source: any ByteSource {
        descriptor.map { DescriptorSource($0, name: "standard input") } ?? MemorySource(block, name: "standard input")
    }

    /// What has been read and not handed out.
    var waiting: ArraySlice<UInt8> { block[position..<end] }

    /// All that is left of the input.
    func readToEnd() throws(CommandExit) -> Bytes {
        var bytes: Bytes = []
        while true {
            if position == end {
                if try !fill() { return bytes }
            }
            bytes.append(contentsOf: block[position..<end])
            position = end
        }
    }

    private func fill() throws(CommandExit) -> Bool {
        guard let descriptor else { return false }
        if block.isEmpty { block = Bytes(repeating: 0, count: 65_536) }
        position = 0
        beforeWaiting?()
        do {
            end = try unsafe block.withUnsafeMutableBytes { buffer in
                try unsafe descriptor.read(into: buffer)
            }
        } catch {
            throw .fatal("cannot read standard input: \((error as? Errno ?? .ioError).description)")
        }
        return end > 0
    }
}
