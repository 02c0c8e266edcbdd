import StrataModel

/// `index-pack`: receives a pack, or indexes one that is there.
extension Verb {
    static let indexPack = Verb(
        name: "index-pack", summary: "Build pack index file for an existing packed archive",
        usage: { Bytes(IndexPackArguments.usage) },
        run: { call throws(CommandExit) in
            if VerbCall.asksForUsage(call.arguments) {
                throw CommandExit(status: .usage, output: Bytes(IndexPackArguments.usage))
            }
            let work = try PackWork(call)
            let settings = try PackSettings(work.config)
            let arguments = try IndexPackArguments(call.arguments, work.algorithm)
            return try PackIndexing(arguments, settings, work, call.console).run()
        })
}
