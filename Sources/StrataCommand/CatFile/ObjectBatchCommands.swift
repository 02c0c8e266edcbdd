import StrataModel
import StrataObjects
import StrataRepository

/// `cat-file --batch-command`: lines that say what is wanted of which object. Git's functions: `batch_objects_command`, `dispatch_calls`.
struct ObjectBatchCommands {
    private enum Command {
        case contents
        case info
        case mailmap
        case flush
    }

    private let batch: ObjectBatch
    /// What waits for `flush` when output is buffered: commands, and where the argument of each ends among all arguments.
    private var waiting: [(command: Command, end: Int)] = []
    private var arguments: Bytes = []

    init(_ batch: ObjectBatch) { self.batch = batch }

    mutating func run() throws(CommandExit) {
        while let line = try batch.nextLine() {
            if batch.isEmptyLine { throw .fatal("empty command in input") }
            let (command, argument) = try Self.parse(line)
            if command == .flush {
                guard batch.request.isBuffered else { throw .fatal("flush is only for --buffer mode") }
                try carryOutAll()
            } else if batch.request.isBuffered {
                arguments.append(contentsOf: argument)
                waiting.append((command, arguments.count))
            } else {
                try carryOut(command, argument)
            }
        }
        try carryOutAll()
    }

    private static func parse(_ line: Bytes) throws(CommandExit) -> (Command, ArraySlice<UInt8>) {
        if let first = line.first, first.isGitSpace {
            throw .fatal(Bytes("whitespace before command: '") + line + Bytes("'"))
        }
        if let rest = line[...].removing("contents") { return (.contents, try argument(rest, of: "contents")) }
        if let rest = line[...].removing("info") { return (.info, try argument(rest, of: "info")) }
        if let rest = line[...].removing("mailmap") { return (.mailmap, try argument(rest, of: "mailmap")) }
        guard let rest = line[...].removing("flush") else {
            throw .fatal(Bytes("unknown command: '") + line + Bytes("'"))
        }
        guard rest.isEmpty else { throw .fatal("flush takes no arguments") }
        return (.flush, [])
    }

    private static func argument(_ rest: ArraySlice<UInt8>, of name: String) throws(CommandExit) -> ArraySlice<UInt8> {
        guard rest.first == 0x20 else { throw .fatal("\(name) requires arguments") }
        return rest.dropFirst()
    }

    /// Carries out what waits, and hands the answers on.
    private mutating func carryOutAll() throws(CommandExit) {
        var start = 0
        for (command, end) in waiting {
            try carryOut(command, arguments[start..<end])
            start = end
        }
        waiting.removeAll(keepingCapacity: true)
        arguments.removeAll(keepingCapacity: true)
        if batch.request.isBuffered { batch.console.output.flush() }
    }

    private func carryOut(_ command: Command, _ argument: ArraySlice<UInt8>) throws(CommandExit) {
        switch command {
        case .contents: try batch.answer(argument, rest: [], withContents: true)
        case .info: try batch.answer(argument, rest: [], withContents: false)
        case .flush: break
        case .mailmap:
            guard let isOn = Config.bool(of: Bytes(argument)) else {
                throw .fatal(Bytes("mailmap: invalid boolean '") + argument + Bytes("'"))
            }
            if isOn { throw .unsupported("mailmap") }
        }
    }
}
