/// Where the two may differ: defects of git, refusals of Strata's own, and warnings that Strata does not give yet. Operations that meet
/// one are left out.
struct KnownDefect: Sendable {
    let name: String
    let reason: String
    let matches: @Sendable (CommandOperation, ReferenceState) -> Bool

    /// The defect that `operation` would run into.
    static func first(met operation: Operation, _ state: ReferenceState) -> KnownDefect? {
        guard case .command(let command) = operation else { return nil }
        return all.first { $0.matches(command, state) }
    }

    static let all: [KnownDefect] = [
        KnownDefect(
            name: "verify through HEAD or a symbolic reference",
            reason:
                "git writes a line \"old -> zeros\" to the reflog of the symbolic reference, though nothing was changed"
        ) { command, state in
            let linked = command.place == .linked
            let head = state.referent("HEAD", linked: linked)
            return command.allTouches.contains {
                guard $0.kind == .verify || $0.kind == .symbolicVerify else { return false }
                if case .symbolic = state.value($0.name, linked: linked) { return true }
                return $0.name.hasSuffix("HEAD") || state.referent($0.name, linked: linked) == head
            }
        },
        KnownDefect(
            name: "two symbolic references with one referent in a transaction",
            reason: "git fails on its own lock file, or not, by the order of the names"
        ) { command, state in
            let linked = command.place == .linked
            let followed = command.allTouches.filter { touch in
                guard touch.follows, case .symbolic = state.value(touch.name, linked: linked) else { return false }
                return true
            }
            let referents = followed.map { state.referent($0.name, linked: linked) }
            return Set(referents).count < referents.count
        },
        KnownDefect(
            name: "HEAD that leads to a symbolic reference",
            reason:
                "HEAD's branch is a symbolic reference that is changed, or becomes one: git writes zeros for a value in HEAD's reflog"
        ) { command, state in
            let linked = command.place == .linked
            guard case .symbolic(let branch) = state.value("HEAD", linked: linked) else { return false }
            let isSymbolic = if case .symbolic = state.value(branch, linked: linked) { true } else { false }
            let end = state.referent("HEAD", linked: linked)
            return command.allTouches.contains { $0.name == branch && ($0.kind == .symbolic || isSymbolic) }
                || isSymbolic
                    && command.allTouches.contains {
                        $0.name == "HEAD" || $0.follows && state.referent($0.name, linked: linked) == end
                    }
        },
        KnownDefect(
            name: "symbolic-ref --short beside another symbolic reference",
            reason:
                "git shortens in a buffer that the look for an ambiguous name overwrites: it prints \"n\" for refs/heads/x"
        ) { command, state in
            guard command.arguments.contains("symbolic-ref"),
                command.arguments.contains(where: { $0.hasPrefix("--sho") }),
                let name = command.arguments.last
            else { return false }
            let linked = command.place == .linked
            let referent = state.referent(name, linked: linked)
            let parts = referent.split(separator: "/", maxSplits: 2)
            let short = parts.count == 3 ? String(parts[2]) : referent
            return ["refs/\(short)", "refs/tags/\(short)", "refs/heads/\(short)", "refs/remotes/\(short)/HEAD"].contains
            {
                if case .symbolic = state.value($0, linked: linked) { true } else { false }
            }
        },
        KnownDefect(
            name: "rejected through a symbolic reference",
            reason:
                "git rejects one of a batch, and yet writes the reflog line of the symbolic reference or of HEAD, and "
                + "tells the hook of it"
        ) { command, state in
            guard command.arguments.contains(where: { $0 == "-0" || $0.hasPrefix("--batch") }) else { return false }
            let linked = command.place == .linked
            let head = state.referent("HEAD", linked: linked)
            let names = command.allTouches.filter { touch in
                if touch.name == head { return true }
                guard touch.follows || touch.kind == .symbolic,
                    case .symbolic = state.value(touch.name, linked: linked)
                else { return false }
                return true
            }
            return names.contains(where: \.mayBeRejected) || (names.count > 0 && command.allTouches.count > 1)
        },
        KnownDefect(
            name: "single references beside an unreadable packed-refs",
            reason: "git dies wherever it first looks into the file, before or after its other checks"
        ) { command, state in
            guard let text = state.packedRefs else { return false }
            let reads = ["for-each-ref", "show-ref", "pack-refs"].contains { command.arguments.contains($0) }
            let one = command.arguments.contains {
                $0 == "--exists" || $0 == "--verify" || $0.hasPrefix("--exclude-existing")
            }
            // A listing of some references reads only those.
            let some =
                command.arguments.contains("for-each-ref")
                && command.arguments.contains { !$0.hasPrefix("-") && $0 != "for-each-ref" }
            return state.isUnreadable(packedRefs: text) && (!reads || one || some)
        },
        KnownDefect(
            name: "packing beside a bad name in packed-refs",
            reason: "git replaces the value of the bad name by zeros; Strata leaves it"
        ) { _, state in state.packedRefs?.contains("a..b") ?? false },
        KnownDefect(
            name: "one reference by two names",
            reason: "in the main worktree main-worktree/HEAD is HEAD: git waits for the lock that it holds itself"
        ) { command, _ in
            let own = command.place == .linked ? "worktrees/wt/" : "main-worktree/"
            let names = Set(command.allTouches.map(\.name))
            return names.contains { name in
                name.hasPrefix(own)
                    && (name.hasSuffix("/HEAD") || names.contains(String(name.dropFirst(own.utf8.count))))
            }
        },
        KnownDefect(
            name: "start after everything",
            reason: "git for-each-ref --start-after=<beyond refs/> lists all loose references"
        ) { command, _ in
            command.arguments.contains { $0.hasPrefix("--start-after=") && $0 > "--start-after=refs/zzz" }
        },
        KnownDefect(
            name: "stray names",
            reason: "git writes files that no listing shows: worktrees/<id>/refs/heads/x, main-worktree/refs/tags/x, "
                + "worktrees/<no such>/HEAD; Strata refuses the names"
        ) { command, state in
            let hasWorktree = state.exists("worktrees/wt/commondir")
            return command.allTouches.contains {
                isStray($0.name, hasWorktree) || ($0.target.map { isStray($0, hasWorktree) } ?? false)
            }
        },
        KnownDefect(
            name: "names of one level",
            reason: "git writes any file of the git dir that is named: config, objects/xx; Strata refuses the names"
        ) { command, _ in
            command.allTouches.contains { touch in
                !touch.name.hasPrefix("refs/") && !ReferenceState.hasRootSyntax(touch.name)
                    && !touch.name.hasPrefix("worktrees/") && !touch.name.hasPrefix("main-worktree/")
                    && !touch.name.isEmpty
            }
        },
        KnownDefect(
            name: "nested hook events",
            reason:
                "where packed-refs takes part, git tells the reference-transaction hook of the same twice, or that it "
                + "was aborted though it was not"
        ) { command, state in
            state.exists("hooks/reference-transaction")
                && (command.arguments.contains("pack-refs") || command.allTouches.contains { $0.kind == .delete })
        },
        KnownDefect(
            name: "hook of a batch",
            reason: "git tells the hook of rejected updates as prepared and committed"
        ) { command, state in
            state.exists("hooks/reference-transaction")
                && command.arguments.contains { $0 == "-0" || $0.hasPrefix("--batch") }
        },
        KnownDefect(
            name: "deleting beside reflogs",
            reason:
                "git warns that it cannot unlink the reflog of a name that never had one, when logs/ has a file where "
                + "the name needs a directory, or a directory where it needs a file"
        ) { command, state in
            command.allTouches.contains { $0.kind == .delete && state.logsConflict(with: $0.name) }
        },
        KnownDefect(
            name: "beside a broken reference",
            reason:
                "git takes the part of a broken old value that it could read into the reflog, and writes the reflog line of "
                + "an update that then fails for the directory in its way"
        ) { command, state in
            command.allTouches.contains { touch in
                state.hasBroken(under: touch.name)
                    || touch.kind == .symbolic && state.isBroken(touch.name, linked: command.place == .linked)
            }
        },
        KnownDefect(
            name: "through a circle of symbolic references",
            reason: "git follows one step of the circle and changes that reference; Strata refuses"
        ) { command, state in
            let linked = command.place == .linked
            return command.allTouches.contains { touch in
                guard touch.follows else { return false }
                if case .symbolic = state.value(state.referent(touch.name, linked: linked), linked: linked) {
                    return true
                }
                return false
            }
        },
        KnownDefect(
            name: "hook of a transaction that git leaves prepared",
            reason:
                "git dies of a wrong command after `prepare` without telling the hook that the transaction was aborted"
        ) { command, state in
            guard state.exists("hooks/reference-transaction") else { return false }
            let verbs = command.input.map { String(decoding: $0.bytes.prefix { $0 > 0x20 }, as: UTF8.self) }
            return verbs.indices.contains { index in
                verbs[index] == "prepare"
                    && !["commit", "abort"].contains(index + 1 < verbs.count ? verbs[index + 1] : "")
            }
        },
        KnownDefect(
            name: "symbolic reference to what the transaction changes",
            reason:
                "git logs the value that the target had midway, by the order of its steps; Strata the value afterwards"
        ) { command, state in
            let linked = command.place == .linked
            let changed = command.allTouches.flatMap { [$0.name, state.referent($0.name, linked: linked)] }
            return command.allTouches.contains { touch in
                guard touch.kind == .symbolic, let target = touch.target else { return false }
                return changed.contains(target) || changed.contains(state.referent(target, linked: linked))
            }
        },
        KnownDefect(
            name: "existence below a reference",
            reason: "git show-ref --exists a/b fails where a is a file; Strata says that a/b does not exist"
        ) { command, state in
            guard command.arguments.contains("--exists") else { return false }
            return command.arguments.contains { name in
                name.utf8.enumerated().contains { index, byte in
                    byte == 0x2f && state.isFile(String(decoding: name.utf8.prefix(index), as: UTF8.self))
                }
            }
        },
        KnownDefect(
            name: "a reflog that does not end at the reference's value",
            reason: "git warns of it when name@{0} is read; Strata does not"
        ) { command, _ in
            command.arguments.contains { $0.contains("@{0}") }
                || String(decoding: command.inputBytes, as: UTF8.self).contains("@{0}")
        },
        KnownDefect(
            name: "names that exclude each other in one transaction",
            reason: "which of the two git rejects, and in which words, depends on what stands on disk"
        ) { command, _ in
            let names = command.allTouches.map(\.name)
            return names.contains { name in names.contains { $0.hasPrefix(name + "/") } }
        },
        KnownDefect(
            name: "a reflog where a directory is needed",
            reason: "git fails after its first steps, which stay; Strata takes them back"
        ) { command, state in
            command.allTouches.contains { state.logsConflict(with: $0.name) }
        },
        KnownDefect(
            name: "packing a symbolic link",
            reason: "git says that the link leads nowhere when it has deleted the file that it led to"
        ) { command, state in
            command.arguments.contains("pack-refs")
                && ["refs/heads/link", "refs/tags/link"].contains { state.exists($0) }
        },
        KnownDefect(
            name: "a dangerous name in packed-refs outside refs/",
            reason: "git dies of it in every listing; Strata where the listing comes by it"
        ) { command, state in
            state.packedRefs?.contains("  refs/") ?? false
        },
        KnownDefect(
            name: "writing through a symbolic reference to a malformed name or a pseudoref",
            reason: "git follows it and writes what it refuses to write by that name; Strata refuses"
        ) { command, state in
            command.allTouches.contains { touch in
                guard case .symbolic(let target) = state.value(touch.name, linked: command.place == .linked) else {
                    return false
                }
                let isElsewhere = target.contains("/") && !target.hasPrefix("refs/")
                return target.contains("..") || ["FETCH_HEAD", "MERGE_HEAD", "refs"].contains(target) || isElsewhere
            }
        },
    ]

    private static func isStray(_ name: String, _ hasWorktree: Bool) -> Bool {
        let bare: Substring
        if name.hasPrefix("main-worktree/") {
            bare = name.dropFirst(14)
        } else if name.hasPrefix("worktrees/") {
            let parts = name.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, parts[1] == "wt", hasWorktree else { return true }
            bare = parts[2]
        } else {
            return false
        }
        return bare.isEmpty || !ReferenceState.isPerWorktree(String(bare))
    }
}
