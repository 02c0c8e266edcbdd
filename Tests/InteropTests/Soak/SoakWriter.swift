import Glibc
import TestSupport

/// One writer: runs a program's commands one after another on the shared repository, and keeps what was acknowledged.
final class SoakWriter {
    let number: Int
    let peer: Peer
    let repository: SoakRepository
    /// Of how many of its commands it kills one, at a random moment; 0 = none.
    let killsOneOf: Int
    var random: SplitMix64
    private(set) var report = SoakReport()
    private var fresh: Range<SoakValue>
    private var session: ChildProcess?
    /// How the last transaction was sent.
    private var way = ""

    init(_ number: Int, _ peer: Peer, _ repository: SoakRepository, values: Range<SoakValue>, killsOneOf: Int) {
        self.number = number
        self.peer = peer
        self.repository = repository
        self.killsOneOf = killsOneOf
        fresh = values
        random = SplitMix64(seed: UInt64(number) + 1)
    }

    func work(until end: UInt64) {
        while clockNanoseconds() < end && !fresh.isEmpty && report.complaints.count < 5 {
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<70:
                way = "session"
                inSession()
            case 70..<84:
                way = "one command"
                oneShot()
            case 84..<92:
                way = "batch"
                batch()
            case 92..<97: packRefs()
            default: look()
            }
        }
        endSession()
    }

    // MARK: Choosing

    private func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    private func choose(_ count: Int) -> [SoakChange] {
        let believed = repository.believed
        var references: Set<Int> = []
        for _ in 0..<count {
            let kind = [repository.chains, repository.churned, repository.churned][
                Int.random(in: 0..<3, using: &random)]
            references.insert(
                chance(25) ? repository.owned.lowerBound + number : Int.random(in: kind, using: &random))
        }
        // In one order, as careful clients do; otherwise two transactions may wait for each other until one gives up.
        var changes: [SoakChange] = []
        for reference in chance(95) ? references.sorted() : Array(references) {
            let old = believed[reference]
            if old != 0 && !repository.chains.contains(reference) && chance(40) {
                changes.append(SoakChange(reference: reference, old: old, new: 0))
            } else if let value = fresh.popFirst() {
                changes.append(SoakChange(reference: reference, old: old, new: value))
            }
        }
        return changes
    }

    private func line(_ change: SoakChange) -> String {
        let name = repository.references[change.reference]
        if change.new == 0 { return "delete \(name) \(repository.id(change.old))\n" }
        return "update \(name) \(repository.id(change.new)) \(repository.id(change.old))\n"
    }

    private var isToBeKilled: Bool { killsOneOf > 0 && Int.random(in: 0..<killsOneOf, using: &random) == 0 }

    /// Kills the child at a moment within the next milliseconds.
    private func killSoon(_ child: ChildProcess) {
        usleep(UInt32(Int.random(in: 0..<(chance(50) ? 600 : 6000), using: &random)))
        child.kill()
        report.kills += 1
    }

    private func start(_ arguments: [String]) -> ChildProcess? {
        do {
            let child = try ChildProcess(
                peer.executable, peer.options + arguments, environment: gitEnvironment, directory: repository.path)
            child.patience = 60_000
            return child
        } catch {
            report.complaints.append("\(peer.name) could not be started: \(error)")
            return nil
        }
    }

    // MARK: Working

    /// A transaction in a long-lived `update-ref --stdin`.
    private func inSession() {
        if session == nil { session = start(["update-ref", "-m", "writer \(number)", "--stdin"]) }
        guard let session else { return }
        let changes = choose(1 + Int.random(in: 0..<3, using: &random))
        let text = "start\n" + changes.map(line).joined() + "prepare\ncommit\n"
        let begin = clockNanoseconds()
        session.send(Array(text.utf8))
        let killed = isToBeKilled
        if killed { killSoon(session) }
        var answers: [String] = []
        while answers.last != "commit: ok", let answer = session.readLine() { answers.append(answer) }
        let end = clockNanoseconds()
        if answers.last == "commit: ok" {
            note(changes, begin, end, acknowledged: true)
            if killed { endSession() }
            return
        }
        let result = session.communicate()
        self.session = nil
        finish(changes, begin, result, killed: killed)
    }

    private func endSession() {
        if let result = session?.communicate(), result.status != 0 && result.status != 137 {
            report.complaints.append("\(peer.name) session ended with \(result.status): \(result.errText)")
        }
        session = nil
    }

    /// One change by one command.
    private func oneShot() {
        guard let change = choose(1).first else { return }
        let name = repository.references[change.reference]
        let arguments =
            change.new == 0
            ? ["-d", name, repository.id(change.old)] : [name, repository.id(change.new), repository.id(change.old)]
        let begin = clockNanoseconds()
        guard let child = start(["update-ref"] + arguments) else { return }
        let killed = isToBeKilled
        if killed { killSoon(child) }
        let result = child.communicate()
        if result.status == 0 {
            note([change], begin, clockNanoseconds(), acknowledged: true)
        } else {
            finish([change], begin, result, killed: killed)
        }
    }

    /// Changes of which each is taken or rejected for itself.
    private func batch() {
        let changes = choose(4)
        let begin = clockNanoseconds()
        guard let child = start(["update-ref", "--stdin", "--batch-updates"]) else { return }
        let text = changes.map(line).joined()
        let killed = isToBeKilled
        if killed {
            child.send(Array(text.utf8))
            child.closeInput()
            killSoon(child)
        }
        let result = child.communicate(killed ? [] : Array(text.utf8))
        guard result.status == 0 else { return finish(changes, begin, result, killed: killed) }
        var rejected: Set<Substring> = []
        for line in result.outText.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 4)
            guard words.count == 5, words[0] == "rejected" else {
                report.complaints.append("\(peer.name) --batch-updates: \(line)")
                continue
            }
            rejected.insert(words[1])
            if !SoakAnswer.batchContention.contains(String(words[4])) {
                report.complaints.append("\(peer.name) --batch-updates: \(line)")
            }
        }
        let done = changes.filter { !rejected.contains(Substring(repository.references[$0.reference])) }
        report.refused += changes.count - done.count
        note(done, begin, clockNanoseconds(), acknowledged: true)
        if done.count < changes.count { look() }
    }

    private func packRefs() {
        guard let child = start(["pack-refs", "--all"]) else { return }
        let killed = isToBeKilled
        if killed { killSoon(child) }
        let result = child.communicate()
        report.packs += 1
        if killed { return }
        // What cannot be pruned for a lock stays loose, which is right; git says so and goes on.
        if result.status != 0 || !result.err.isEmpty {
            switch SoakAnswer(result.errText, by: peer) {
            case .lockTimeout, .contention, .directoryRace: report.timeouts += 1
            case .other(let text): report.complaints.append("\(peer.name) pack-refs: \(result.status) \(text)")
            }
        }
    }

    /// Lists all references, and believes what it sees.
    private func look() {
        guard let (reading, result) = try? repository.read(peer) else { return }
        if let reading {
            report.readings.append(reading)
            repository.believe(reading.values)
        }
        if reading == nil || !SoakAnswer.isFine(listing: result.errText, by: peer) {
            report.complaints.append("\(peer.name) for-each-ref: \(result.status) \(result.errText)")
        }
    }

    // MARK: Noting

    private func note(_ changes: [SoakChange], _ start: UInt64, _ end: UInt64, acknowledged: Bool) {
        if changes.isEmpty { return }
        report.records.append(
            SoakRecord(
                writer: number, way: "\(peer.name) \(way) of \(changes.count)", changes: changes, start: start,
                end: end,
                acknowledged: acknowledged))
        if acknowledged { for change in changes { repository.believe(change.reference, change.new) } }
    }

    /// A command that did not say that it succeeded.
    private func finish(_ changes: [SoakChange], _ start: UInt64, _ result: CommandResult, killed: Bool) {
        if killed && result.status == 137 {
            note(changes, start, clockNanoseconds(), acknowledged: false)
            return look()
        }
        let answer = SoakAnswer(result.errText, by: peer)
        // Past the locks a command that fails may have published some of its changes.
        if result.errText.hasPrefix("fatal: commit:") && answer != .contention && answer != .lockTimeout
            && answer != .directoryRace
        {
            note(changes, start, clockNanoseconds(), acknowledged: false)
        }
        switch answer {
        case .contention: report.refused += 1
        case .lockTimeout, .directoryRace: report.timeouts += 1
        case .other(let text): report.complaints.append("\(peer.name): exit \(result.status): \(text)")
        }
        look()
    }
}

/// What one writer did.
struct SoakReport: Sendable {
    var records: [SoakRecord] = []
    var readings: [SoakReading] = []
    /// Changes that others had been faster with.
    var refused = 0
    var timeouts = 0
    var packs = 0
    var kills = 0
    /// What no writer should have to hear.
    var complaints: [String] = []
}
