import StrataModel
import StrataObjects

/// The arguments of `index-pack`, which git reads by hand: no abbreviations, no clusters, and nothing ends the options.
struct IndexPackArguments {
    static let usage = """
        usage: strata index-pack [-v] [-o <index-file>] [--keep | --keep=<msg>] [--[no-]rev-index] [--verify] \
        [--strict[=<msg-id>=<severity>...]] [--fsck-objects[=<msg-id>=<severity>...]] \
        (<pack-file> | --stdin [--fix-thin] [<pack-file>])

        """

    var pack: Bytes?
    var index: Bytes?
    var fromInput = false
    var completesThin = false
    /// Whether links are followed and duplicates refused.
    var isStrict = false
    var isSelfContained = false
    /// How objects are checked; nil = they are not.
    var rules: ObjectRules?
    var verifies = false
    var lists = false
    var listsStatisticsOnly = false
    var keep: Bytes?
    var promisor: Bytes?
    var threads: Int?
    var header: Bytes?
    var isVerbose = false
    var showsResolving = false
    var progressTitle: Bytes?
    var reportsEnd = false
    var indexVersion: Int?
    var largeOffsetsFrom: Int?
    var maxInputSize: UInt64?
    var algorithm: HashAlgorithm?
    var writesReverse: Bool?

    /// - Parameter algorithm: the repository's.
    /// - Throws: git's usage text or its fatal message.
    init(_ arguments: [Bytes], _ algorithm: HashAlgorithm) throws(CommandExit) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.first == UInt8(ascii: "-") else {
                guard pack == nil else { throw Self.misuse }
                pack = argument
                continue
            }
            if readFlag(argument) { continue }
            if try readCheck(argument, algorithm) { continue }
            try readValue(argument, &rest)
        }
        guard pack != nil || fromInput else { throw Self.misuse }
        if completesThin, !fromInput { throw .fatal("the option '--fix-thin' requires '--stdin'") }
        if promisor != nil, pack != nil { throw .fatal("--promisor cannot be used with a pack name") }
    }

    static var misuse: CommandExit { CommandExit(status: .usage, message: Bytes(usage)) }

    private mutating func readFlag(_ argument: Bytes) -> Bool {
        switch String(decoding: argument, as: UTF8.self) {
        case "--stdin": fromInput = true
        case "--fix-thin": completesThin = true
        case "--check-self-contained-and-connected":
            isStrict = true
            isSelfContained = true
        case "--verify": verifies = true
        case "--verify-stat":
            verifies = true
            lists = true
        case "--verify-stat-only":
            verifies = true
            lists = true
            listsStatisticsOnly = true
        case "-v": isVerbose = true
        case "--show-resolving-progress": showsResolving = true
        case "--report-end-of-input": reportsEnd = true
        case "--rev-index": writesReverse = true
        case "--no-rev-index": writesReverse = false
        default: return false
        }
        return true
    }

    private mutating func readCheck(_ argument: Bytes, _ algorithm: HashAlgorithm) throws(CommandExit) -> Bool {
        let types: Bytes
        if let value = argument.optionalValue(of: "--strict") {
            isStrict = true
            types = value
        } else if let value = argument.optionalValue(of: "--fsck-objects") {
            types = value
        } else {
            return false
        }
        var rules = self.rules ?? ObjectRules(.strict)
        try FsckTypes.apply(types, to: &rules, algorithm)
        self.rules = rules
        return true
    }

    private mutating func readValue(_ argument: Bytes, _ rest: inout ArraySlice<Bytes>) throws(CommandExit) {
        if let value = argument.optionalValue(of: "--keep") {
            keep = value
        } else if let value = argument.optionalValue(of: "--promisor") {
            promisor = value
        } else if let value = argument[...].removing("--threads=") {
            guard let (number, left) = OptionNumber.leadingInteger(Bytes(value), base: 0), left.isEmpty,
                let number, let count = Int32(exactly: number), count >= 0
            else { throw Self.misuse }
            threads = Int(count)
        } else if let value = argument[...].removing("--pack_header=") {
            header = try PackWork.header(Bytes(value))
        } else if argument.equals("--progress-title") {
            guard progressTitle == nil, let value = rest.popFirst() else { throw Self.misuse }
            progressTitle = value
        } else if argument.equals("-o") {
            guard index == nil, let value = rest.popFirst() else { throw Self.misuse }
            index = value
        } else if let value = argument[...].removing("--index-version=") {
            try readIndexVersion(Bytes(value), argument)
        } else if let value = argument[...].removing("--max-input-size=") {
            maxInputSize = PackWork.size(Bytes(value))
        } else if let value = argument[...].removing("--object-format=") {
            guard let algorithm = HashAlgorithm.allCases.first(where: { value.elementsEqual($0.name.utf8) }) else {
                throw .fatal(Bytes("unknown hash algorithm '") + value + Bytes("'"))
            }
            self.algorithm = algorithm
        } else {
            throw Self.misuse
        }
    }

    /// `<version>[,<offset>]`; what is no number is 0.
    private mutating func readIndexVersion(_ value: Bytes, _ argument: Bytes) throws(CommandExit) {
        let bad = CommandExit.fatal(Bytes("bad ") + argument)
        let (version, left) = OptionNumber.leadingInteger(value, base: 10) ?? (0, value[...])
        guard let version, (0...2).contains(version) else { throw bad }
        indexVersion = Int(version)
        if left.isEmpty { return }
        guard left.first == UInt8(ascii: ","),
            let (offset, end) = OptionNumber.leadingInteger(Bytes(left.dropFirst()), base: 0), end.isEmpty,
            let offset, offset & 0x8000_0000 == 0
        else { throw bad }
        largeOffsetsFrom = Int(offset & 0x7fff_ffff)
    }
}
