/// `pack-refs`: moves references from files of their own into `packed-refs`.
extension Verb {
    static let packRefs = Verb(
        name: "pack-refs", summary: "Pack heads and tags for efficient repository access",
        usage: { PackRefs.options.usage(full: false) }, run: PackRefs.run)
}

enum PackRefs {
    struct Values {
        var all = false
        var request = PackRefsRequest()
    }

    static let options = OptionTable<Values>(
        synopsis: [
            "strata pack-refs [--all] [--no-prune] [--auto] [--include <pattern>] [--exclude <pattern>]"
        ],
        options: [
            .flag(nil, "all", "pack everything") { $0.all = $1 },
            .flag(nil, "prune", "prune loose refs (default)") { $0.request.prune = $1 },
            .flag(nil, "auto", "auto-pack refs as needed") { $0.request.auto = $1 },
            .list(nil, "include", "pattern", "references to include") { $0.request.includes.take($1) },
            .list(nil, "exclude", "pattern", "references to exclude") { $0.request.excludes.take($1) },
        ])

    @Sendable
    static func run(_ call: VerbCall) throws(CommandExit) -> ExitStatus {
        var values = Values()
        let (repository, operands) = try call.open(options, &values)
        guard operands.isEmpty else { throw options.misuse() }
        if values.all { values.request.includes.append(Bytes("*")) }
        if values.request.includes.isEmpty { values.request.includes = [Bytes("refs/tags/*")] }
        try repository.pack(values.request)
        return .success
    }
}
