import Glibc
import StrataIO
import StrataModel
import StrataObjects
import StrataRepository

/// `unpack-objects`: the objects of a pack that comes as a stream, written one by one. Git reads the arguments by hand.
extension Verb {
    static let unpackObjects = Verb(
        name: "unpack-objects", summary: "Unpack objects from a packed archive",
        usage: { Bytes(UnpackObjects.usage) }, run: UnpackObjects.run)
}

enum UnpackObjects {
    static let usage = "usage: strata unpack-objects [-n] [-q] [-r] [--strict]\n"

    @Sendable
    static func run(_ call: VerbCall) throws(CommandExit) -> ExitStatus {
        if VerbCall.asksForUsage(call.arguments) { throw CommandExit(status: .usage, output: Bytes(usage)) }
        let work = try PackWork(call, needsRepository: true)
        guard let repository = work.repository else { throw .fatal("not a git repository") }
        var unpacker = PackUnpacker(store: repository.objects)
        var isQuiet = isatty(2) == 0
        var header: Bytes?
        for argument in call.arguments {
            if argument.equals("-n") {
                unpacker.isDryRun = true
            } else if argument.equals("-q") {
                isQuiet = true
            } else if argument.equals("-r") {
                unpacker.recovers = true
            } else if let types = argument.optionalValue(of: "--strict") {
                var rules = unpacker.objectRules ?? ObjectRules(.strict)
                try FsckTypes.apply(types, to: &rules, repository.hashAlgorithm)
                unpacker.objectRules = rules
            } else if let value = argument[...].removing("--pack_header=") {
                header = try PackWork.header(Bytes(value))
            } else if let value = argument[...].removing("--max-input-size=") {
                unpacker.maxInputSize = PackWork.size(Bytes(value))
            } else {
                throw CommandExit(status: .usage, message: Bytes(usage))
            }
        }
        unpacker.limits = try work.limits()
        if unpacker.objectRules != nil { unpacker.shallow = try work.shallow() }
        let progress = PackProgress(nil, isQuiet ? [] : [.unpacking], call.console.errors)
        unpacker.problems = { work.tell($0, progress) }
        unpacker.progress = { progress.tell($0, $1, $2) }
        var source: any ByteSource = call.console.input.source
        if let header { source = PrefixedSource(header, before: source) }
        do throws(ObjectError) {
            let result = try unpacker.unpack(ToldSource(source) { progress.received($0) })
            progress.settle()
            call.console.output.append(result.rest)
            return result.isWhole ? .success : .failure
        } catch {
            throw work.exit(error, progress)
        }
    }
}
