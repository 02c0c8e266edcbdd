import TestSupport

extension KnownDefect {
    /// Where references in files and in a database differ by their nature.
    static let ofStorage: [KnownDefect] = [
        KnownDefect(
            name: "without HEAD",
            reason:
                "a directory without the file HEAD is no repository; beside a database that file is a stub, which stays"
        ) { command, state in
            command.allTouches.contains { touch in
                guard touch.kind == .delete else { return false }
                return touch.name.hasSuffix("HEAD") && !touch.name.hasPrefix("refs/")
            }
        },
        KnownDefect(
            name: "a directory of another worktree's",
            reason:
                "git names the directory refs/bisect that blocks the reference refs/bisect, a database the reference in it"
        ) { command, _ in
            command.allTouches.contains { ["refs/bisect", "refs/worktree", "refs/rewritten"].contains($0.name) }
        },
        KnownDefect(
            name: "a conflict of names beside another reason",
            reason:
                "git says first what it meets first: a loose file in the way when it takes the lock, a packed reference after it has "
                + "compared all values. A database has neither"
        ) { command, state in
            let touches = command.allTouches
            let linked = command.place == .linked
            let conflicts = touches.indices.filter { index in
                let name =
                    touches[index].follows ? state.referent(touches[index].name, linked: linked) : touches[index].name
                return state.hasConflict(with: name, linked: linked)
            }
            return !conflicts.isEmpty && touches.indices.contains { touches[$0].mayBeRejected && conflicts != [$0] }
        },
    ]
}

/// What messages say only where references are in files.
enum StorageMessages {
    /// Whether git could not pack what it had let in by another way: a branch that is no commit, written as `main-worktree/HEAD`. A database
    /// has nothing to pack.
    static func isFailureToPack(_ result: CommandResult) -> Bool {
        position(of: Array("failure preparing to create packed reference".utf8), in: result.err[...]) != nil
    }

    /// `message` without the words "cannot lock ref" before a conflict of names: git has them where the other reference is a loose file, not
    /// where it is in `packed-refs` or a reftable.
    static func withoutFiles(_ message: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        for line in message.split(separator: 0x0a, omittingEmptySubsequences: false) {
            if !result.isEmpty || line.startIndex > 0 { result.append(0x0a) }
            let lead = Array("cannot lock ref '".utf8)
            guard position(of: Array("' exists; cannot create '".utf8), in: line) != nil,
                let start = position(of: lead, in: line),
                let end = position(of: Array("': '".utf8), in: line[(start + lead.count)...])
            else {
                result += line
                continue
            }
            result += line[..<start] + line[(end + 3)...]
        }
        return result
    }
}
