import StrataModel

/// `verify-pack`: whether packs and their indexes are whole, and what is in them. As in git each pack is a run of `index-pack --verify`.
extension Verb {
    static let verifyPack = Verb(
        name: "verify-pack", summary: "Validate packed Git archive files",
        usage: { VerifyPack.options.usage(full: false) }, run: VerifyPack.run)
}

enum VerifyPack {
    struct Values {
        var isVerbose = false
        var statisticsOnly = false
        var format: Bytes?
    }

    static let options = OptionTable<Values>(
        synopsis: ["strata verify-pack [-v | --verbose] [-s | --stat-only] [--] <pack>.idx..."],
        options: [
            .flag("v", "verbose", "verbose") { $0.isVerbose = $1 },
            .flag("s", "stat-only", "show statistics only") { $0.statisticsOnly = $1 },
            .string(nil, "object-format", "hash", "specify the hash algorithm to use") { $0.format = $1 },
        ])

    @Sendable
    static func run(_ call: VerbCall) throws(CommandExit) -> ExitStatus {
        var values = Values()
        let packs = try call.parse(options, &values)
        let work = try PackWork(call)
        guard !packs.isEmpty else { throw options.misuse() }
        var status = ExitStatus.success
        for pack in packs {
            let name = packName(pack)
            let isGood = verify(name, values, work, call.console)
            if !isGood { status = .failure }
            if values.isVerbose || values.statisticsOnly {
                if !isGood { call.console.output.append(name + Bytes(": bad\n")) }
                if isGood, !values.statisticsOnly { call.console.output.append(name + Bytes(": ok\n")) }
            }
        }
        return status
    }

    /// `foo.pack` for `foo.pack`, `foo.idx` and `foo`.
    private static func packName(_ given: Bytes) -> Bytes {
        func ends(with suffix: String) -> Bool { given.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) }
        if ends(with: ".idx") { return given.dropLast(4) + Bytes(".pack") }
        return ends(with: ".pack") ? given : given + Bytes(".pack")
    }

    private static func verify(_ pack: Bytes, _ values: Values, _ work: PackWork, _ console: Console) -> Bool {
        var line = [
            Bytes(
                values.statisticsOnly ? "--verify-stat-only" : values.isVerbose ? "--verify-stat" : "--verify")
        ]
        if let format = values.format { line.append(Bytes("--object-format=") + format) }
        do throws(CommandExit) {
            let settings = try PackSettings(work.config)
            let arguments = try IndexPackArguments(line + [pack], work.algorithm)
            return try PackIndexing(arguments, settings, work, console).run() == .success
        } catch {
            console.output.flush()
            console.errors.write(error.message)
            return false
        }
    }
}
