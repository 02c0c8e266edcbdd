import TestSupport

/// Chooses operations, looking at what the references are, so that right expected values and real conflicts occur.
struct OperationGenerator {
    var random: SplitMix64
    let shape: RepositoryShape
    let objects: ObjectPool
    private var clock = 1_700_000_000
    /// Whether names and values are to be good ones, so that whole transactions succeed often enough.
    var isCareful = false

    init(seed: UInt64, _ template: TemplateRepository) {
        random = SplitMix64(seed: seed)
        shape = template.shape
        objects = template.objects
    }

    mutating func next(_ state: ReferenceState) -> Operation {
        if let repair = repair(state) { return repair }
        let place = self.place()
        let linked = place == .linked
        isCareful = chance(55)
        var command: CommandOperation
        switch number(100) {
        case 0..<28: command = updateRef(state, linked)
        case 28..<54: command = updateRefInput(state, linked)
        case 54..<64: command = symbolicRef(state, linked)
        case 64..<72: command = showRef(state, linked)
        case 72..<83: command = forEachRef(state, linked)
        case 83..<90: command = packRefs()
        case 90..<94: command = checkRefFormat()
        default: return oddState(state)
        }
        command.place = place
        clock += number(3000)
        command.environment["GIT_COMMITTER_DATE"] = "\(clock) \(pick(["+0000", "+0545", "-0700"]))"
        if chance(2) {
            command.environment["GIT_COMMITTER_NAME"] = pick(["O'Neil <x>", " spaced. ", "ünï", "a\nb", "'"])
        }
        if chance(1) { command.environment["GIT_REF_PARANOIA"] = pick(["0", "1"]) }
        if chance(1) {
            command.arguments.insert(contentsOf: ["-c", "core.logAllRefUpdates=\(pick(["always", "false"]))"], at: 0)
        }
        return .command(command)
    }

    /// A repository that git no longer knows as one says the same to everything; a lock in the way, nearly so.
    private mutating func repair(_ state: ReferenceState) -> Operation? {
        if !state.exists("HEAD"), chance(50) {
            return .write(path: "\(shape.commonDir)/HEAD", bytes: Array("ref: refs/heads/main\n".utf8))
        }
        if shape.linkedWorktree, !state.exists("worktrees/wt/HEAD") {
            return .write(path: "\(shape.commonDir)/worktrees/wt/HEAD", bytes: Array("ref: refs/heads/side\n".utf8))
        }
        if let lock = state.locks.first, chance(30) { return .remove(path: "\(shape.commonDir)/\(lock)") }
        if let packed = state.packedRefs, !packed.hasSuffix("\n") || packed.contains("garbage"), chance(20) {
            return .remove(path: "\(shape.commonDir)/packed-refs")
        }
        return nil
    }

    private mutating func place() -> CommandOperation.Place {
        if shape.linkedWorktree && chance(35) { return .linked }
        if !shape.bare && chance(6) { return chance(50) ? .gitDir : .inside }
        return .main
    }

    // MARK: Chance

    /// A number from 0 to `limit` - 1.
    mutating func number(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }

    /// True in `percent` of 100 cases.
    mutating func chance(_ percent: Int) -> Bool { number(100) < percent }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[number(elements.count)] }

    /// Some of the options, each with the chance beside it.
    mutating func some(_ options: [([String], Int)]) -> [String] {
        var result: [String] = []
        for (words, percent) in options where chance(percent) { result += words }
        return result
    }
}
