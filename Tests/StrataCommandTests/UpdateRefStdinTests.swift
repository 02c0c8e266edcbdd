import StrataModel
import StrataRefs
import TestSupport
import Testing

@testable import StrataCommand

/// `update-ref --stdin`: the same input has git and `strata` say the same.
@Suite struct UpdateRefStdinTests {
    /// The bytes that `text` stands for: `⏎` a line feed, `→` a tab, `␍` a carriage return, `∅` a NUL; `$C$` the commit of HEAD,
    /// `$P$` its parent, `$T$` a tag, `$B$` a blob, `$N$` an id that no object has, `$Z$` zeros.
    private func expand(_ visible: String, _ scratch: Scratch) -> Bytes {
        let text = String(visible.map { ["⏎": "\n", "→": "\t", "␍": "\r", "∅": "\0"][$0] ?? $0 })
        var result: Bytes = []
        for (index, part) in text.split(separator: "$", omittingEmptySubsequences: false).enumerated() {
            guard index % 2 == 1 else {
                result.append(contentsOf: part.utf8)
                continue
            }
            switch part {
            case "C": result.append(contentsOf: scratch.commit.hex.utf8)
            case "P": result.append(contentsOf: scratch.second.hex.utf8)
            case "T": result.append(contentsOf: scratch.tag.hex.utf8)
            case "B": result.append(contentsOf: scratch.blob.hex.utf8)
            case "N": result.append(contentsOf: String(repeating: "1", count: 40).utf8)
            default: result.append(contentsOf: String(repeating: "0", count: 40).utf8)
            }
        }
        return result
    }

    /// What neither git nor `strata` gets to the end of, so that nothing is changed and one repository serves all.
    private static let malformed = Table.lines(
        #"""
        ''
        ⏎
         update x⏎
        →start⏎
        ␍start⏎
        bogus⏎
        update⏎
        updatex⏎
        updaterefs/x⏎
        update ⏎
        update
        start
        start ⏎
        start x⏎
        startx⏎
        START⏎
        create⏎
        create ⏎
        delete ⏎
        verify ⏎
        symref-update ⏎
        option⏎
        symref-create ⏎
        symref-delete ⏎
        symref-verify ⏎
        option ⏎
        option bogus⏎
        option no-deref⏎bogus⏎
        option no-derefx⏎
        option no-deref ⏎
        option no-deref
        update refs/x⏎
        update refs/x ⏎
        update refs/x
        update refs/x $C$
        update refs/x $C$ 
        update refs/x $C$ $C$
        update refs/x $C$ $C$ ⏎
        update refs/x $C$ $C$ x⏎
        update refs/x→$C$⏎
        update  refs/x $C$⏎
        update refs/x  $C$⏎
        update refs/x $C$  $C$⏎
        update refs/x $C$→$C$⏎
        update refs/x $C$ $C$→x⏎
        update refs/x nope⏎
        update refs/x $C$ nope⏎
        update a..b $C$⏎
        update refs/x/ $C$⏎
        update "refs/x $C$⏎
        update "refs/x"$C$⏎
        update "refs/x" nope⏎
        update "a\.b" $C$⏎
        update "\x" $C$⏎
        update "a\101" nope⏎
        update "a\001" $C$⏎
        update "" $C$⏎
        update refs/x "nope⏎
        update refs/x "nope"x⏎
        update refs/x "nope"⏎
        update refs/x "" nope⏎
        create refs/x⏎
        create refs/x ⏎
        create refs/x $Z$⏎
        create refs/x ""⏎
        create refs/x nope⏎
        create refs/x $C$ x⏎
        create refs/x $C$ ⏎
        create refs/x
        create refs/x $C$
        delete refs/x $Z$⏎
        delete refs/x ⏎
        delete refs/x nope⏎
        delete refs/x $C$ x⏎
        delete refs/x $C$
        delete refs/x
        delete a..b⏎
        verify refs/x nope⏎
        verify refs/x $C$ x⏎
        verify refs/x $C$
        verify refs/x
        symref-update refs/x⏎
        symref-update refs/x ⏎
        symref-update refs/x a..b⏎
        symref-update refs/x refs/y oid⏎
        symref-update refs/x refs/y ref⏎
        symref-update refs/x refs/y oid ⏎
        symref-update refs/x refs/y oid nope⏎
        symref-update refs/x refs/y ref a..b⏎
        symref-update refs/x refs/y bogus z⏎
        symref-update refs/x refs/y ref refs/z x⏎
        symref-update refs/x refs/y  x⏎
        symref-update refs/x refs/y
        symref-update refs/x→refs/y⏎
        symref-create refs/x⏎
        symref-create refs/x refs/y x⏎
        symref-create refs/x ""⏎
        symref-create refs/x refs/y
        symref-delete refs/x⏎
        symref-verify refs/x⏎
        option no-deref⏎symref-delete refs/x a..b⏎
        option no-deref⏎symref-delete refs/x refs/y z⏎
        option no-deref⏎symref-delete refs/x refs/y⏎symref-delete refs/x⏎
        option no-deref⏎symref-verify refs/x refs/y z⏎
        option no-deref⏎start⏎symref-verify refs/x⏎bogus⏎
        option no-deref⏎option no-deref⏎symref-delete refs/x⏎bogus⏎
        start⏎start⏎
        prepare⏎prepare⏎
        prepare⏎update refs/x nope⏎
        prepare⏎start⏎
        commit⏎commit⏎
        abort⏎abort⏎
        abort⏎update refs/x nope⏎
        start⏎abort⏎prepare⏎
        start⏎prepare⏎option no-deref⏎
        commit⏎start⏎start⏎
        abort⏎x⏎
        start⏎prepare⏎abort⏎start⏎abort⏎
        start⏎
        start⏎prepare⏎
        start⏎create refs/x $C$⏎
        start⏎create refs/x $C$⏎prepare⏎
        start⏎create refs/x $C$⏎abort⏎bogus⏎
        create refs/x $C$⏎abort⏎
        update refs/heads/x $N$⏎
        create refs/heads/x $B$⏎
        update FETCH_HEAD $C$⏎
        start⏎update HEAD $T$⏎prepare⏎
        create refs/heads/main $C$⏎
        update refs/heads/main $P$ $P$⏎
        update refs/heads/main/x $C$⏎
        verify refs/heads/main⏎
        verify refs/heads/main $P$⏎
        verify refs/heads/none $P$⏎
        delete refs/heads/none $P$⏎
        delete refs/heads/side $C$⏎
        start⏎update refs/heads/main $P$ $P$⏎prepare⏎
        start⏎update refs/heads/main $P$ $P$⏎commit⏎
        create refs/x $C$⏎create refs/x $C$⏎
        symref-update refs/heads/main refs/y ref refs/z⏎
        option no-deref⏎symref-verify refs/heads/link refs/heads/main⏎
        option no-deref⏎symref-verify refs/heads/main refs/x⏎
        option no-deref⏎symref-delete refs/heads/link refs/heads/main⏎
        symref-create refs/heads/link refs/heads/main⏎
        update HEAD $P$ $P$⏎
        option no-deref⏎update refs/heads/dangling $C$ $C$⏎
        option no-deref⏎create refs/heads/dangling $C$⏎
        """#)

    /// The same with every space that separates arguments, and every line feed, made a NUL.
    private static let malformedNul = Table.lines(
        #"""
        ''
        ∅
         update x∅
        ⏎update x∅
        bogus∅
        update∅
        update ∅
        update
        start
        start x∅
        startx∅
        option∅
        option bogus∅
        option no-deref
        option no-derefx
        option no-deref∅bogus∅
        update refs/x∅
        update refs/x
        update refs/x∅∅
        update refs/x∅$C$
        update refs/x∅$C$∅
        update refs/x∅$C$∅$C$
        update refs/x∅∅∅bogus∅
        update refs/x∅nope∅∅
        update refs/x∅$C$∅nope∅
        update a..b∅$C$∅∅
        update "refs/x"∅nope∅∅
        update ∅$C$∅∅
        create refs/x∅∅
        create refs/x∅$Z$∅
        create refs/x∅nope∅
        create refs/x∅
        create ∅∅
        delete refs/x∅$Z$∅
        delete refs/x∅nope∅
        delete refs/x∅
        delete refs/x
        verify refs/x∅nope∅
        verify refs/x∅
        symref-update refs/x∅
        symref-update refs/x∅∅∅∅
        symref-update refs/x∅a..b∅∅∅
        symref-update refs/x∅refs/y∅oid∅
        symref-update refs/x∅refs/y∅oid∅∅
        symref-update refs/x∅refs/y∅oid∅nope∅
        symref-update refs/x∅refs/y∅ref∅a..b∅
        symref-update refs/x∅refs/y∅x∅y∅
        symref-create refs/x∅∅
        symref-create refs/x∅
        symref-delete refs/x∅∅
        option no-deref∅symref-delete refs/x∅a..b∅
        start∅start∅
        prepare∅update refs/x∅$C$∅∅
        commit∅commit∅
        start∅create refs/x∅$C$∅abort∅bogus∅
        verify refs/heads/main∅∅
        create refs/heads/main∅$C$∅
        update refs/heads/main∅$P$∅$P$∅
        """#)

    /// Where a directory is in the way, git's files store names the lock that it could not take; the store in memory has none.
    private func withoutLocks(_ outcome: Outcome) -> String {
        outcome.all.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            guard line.contains("exists; cannot create"), let colon = line.lastIndex(of: ":") else {
                return String(line)
            }
            return String(line.prefix { $0 != ":" }) + line[colon...]
        }.joined(separator: "\n")
    }

    private func compare(_ text: String, _ options: [String], _ scratch: Scratch) throws {
        let input = expand(text, scratch)
        let ours = try scratch.strata(["update-ref", "--stdin"] + options, stdin: input)
        let gits = try scratch.git(["update-ref", "--stdin"] + options, stdin: input)
        #expect(withoutLocks(ours) == withoutLocks(gits), "\(text) \(options)")
    }

    @Test(.enabled(if: gitIsCurrent, "compared with git 2.50 or newer")) func whatIsWrongIsSaidInGitsWords() throws {
        let scratch = try #require(UsageTests.scratch)
        for text in Self.malformed {
            try compare(text, [], scratch)
            try compare(text, ["--no-deref"], scratch)
            try compare(text, ["--batch-updates"], scratch)
        }
    }

    @Test(.enabled(if: gitIsCurrent, "compared with git 2.50 or newer")) func whatIsWrongWithNulIsSaidInGitsWords()
        throws
    {
        let scratch = try #require(UsageTests.scratch)
        for text in Self.malformedNul {
            try compare(text, ["-z"], scratch)
            try compare(text, ["-z", "--no-deref"], scratch)
        }
    }

    /// Inputs that change references: git and `strata` start from the same ones and end with the same ones.
    @Test(
        .enabled(if: gitIsCurrent, "compared with git 2.50 or newer"),
        arguments: Table.lines(
            #"""
            create refs/heads/new $C$⏎update refs/heads/side $C$⏎delete refs/heads/Upper⏎verify refs/heads/main $C$⏎
            update refs/heads/side $C$ $P$⏎update refs/heads/none $C$ $Z$⏎update refs/heads/Upper $Z$⏎
            update refs/heads/side "" ⏎delete refs/heads/topic/a $P$⏎create refs/heads/topic $C$⏎
            start⏎create refs/heads/new $C$⏎prepare⏎commit⏎start⏎delete refs/heads/new⏎commit⏎
            start⏎create refs/heads/new $C$⏎abort⏎start⏎create refs/heads/other $C$⏎
            symref-create refs/heads/s refs/heads/main⏎option no-deref⏎symref-update refs/heads/link refs/heads/main ref refs/heads/side⏎
            option no-deref⏎symref-delete refs/heads/link refs/heads/side⏎option no-deref⏎symref-verify refs/heads/dangling refs/heads/nowhere⏎
            update HEAD $P$⏎option no-deref⏎update refs/heads/link $C$⏎update refs/heads/dangling $C$⏎
            update "refs/heads/\303\251t\303\251" $C$⏎create refs/heads/Z $T$⏎
            create refs/tags/t $T$⏎update refs/tags/blob $C$ $B$⏎symref-update refs/tags/t2 refs/tags/v1.0 oid $Z$⏎
            """#))
    func whatIsRightIsDone(_ text: String) throws {
        for options in [[], ["--batch-updates"], ["--no-deref"], ["-m", "why", "--create-reflog"]] as [[String]] {
            let scratch = try Scratch()
            let repository = try scratch.repository()
            let input = expand(text, scratch)
            let ours = try scratch.strata(["update-ref", "--stdin"] + options, stdin: input, on: repository)
            let gits = try scratch.git(["update-ref", "--stdin"] + options, stdin: input)
            #expect(withoutLocks(ours) == withoutLocks(gits), "\(options)")
            let list = ["for-each-ref", "--include-root-refs", "--format=%(refname) %(objectname) %(symref)"]
            #expect(try scratch.strata(list, on: repository).all == scratch.git(list).all, "\(options)")
        }
    }

    /// Rejected edits do not hold others back, and each is reported.
    @Test(
        .enabled(if: gitIsCurrent, "compared with git 2.50 or newer"),
        arguments: Table.lines(
            #"""
            create refs/heads/main $C$⏎create refs/heads/new $C$⏎
            update refs/heads/side $C$ $C$⏎update refs/heads/Upper $C$ $P$⏎
            verify refs/heads/none $C$⏎verify refs/heads/main⏎create refs/heads/ok $C$⏎
            create refs/heads/x $B$⏎create refs/heads/y $N$⏎
            create refs/heads/main/x $C$⏎create refs/heads/topic $C$⏎create refs/heads/new $C$⏎
            option no-deref⏎symref-update refs/heads/main refs/heads/side ref refs/heads/x⏎create refs/heads/new $C$⏎
            option no-deref⏎symref-delete refs/heads/link refs/heads/main⏎symref-create refs/heads/side refs/heads/main⏎
            start⏎create refs/heads/main $C$⏎prepare⏎commit⏎
            delete refs/heads/none $C$⏎delete refs/heads/main $P$⏎
            create refs/heads/new $C$⏎create refs/heads/new/x $C$⏎
            """#))
    func batchesReportWhatTheyReject(_ text: String) throws {
        let scratch = try Scratch()
        let repository = try scratch.repository()
        let input = expand(text, scratch)
        let ours = try scratch.strata(["update-ref", "--stdin", "--batch-updates"], stdin: input, on: repository)
        let gits = try scratch.git(["update-ref", "--stdin", "--batch-updates"], stdin: input)
        #expect(withoutLocks(ours) == withoutLocks(gits))
        let list = ["for-each-ref", "--include-root-refs", "--format=%(refname) %(objectname) %(symref)"]
        #expect(try scratch.strata(list, on: repository).all == scratch.git(list).all)
    }

    /// Pieces of the language thrown together: an error is a `CommandExit`, never a trap, and reading ends.
    @Test func noInputTraps() throws {
        let scratch = try #require(UsageTests.scratch)
        let repository = try scratch.repository()
        var random = SplitMix64(seed: 20_26)
        let pieces: [Bytes] =
            (UpdateRefKeyword.allCases.map { Bytes($0.rawValue) }
                + [
                    "no-deref", " ", "  ", "\n", "\t", "refs/heads/a", "HEAD", "\"", "\\", "\"\\303", "oid", "ref",
                    "\u{0}", "\r", "@{",
                ]
                .map { Bytes($0) }) + [scratch.commit.hex, String(repeating: "0", count: 40), "nope"].map { Bytes($0) }
        for round in 0..<4000 {
            var input: Bytes = []
            for _ in 0..<Int.random(in: 0..<24, using: &random) {
                if Int.random(in: 0..<8, using: &random) == 0 {
                    input.append(UInt8.random(in: .min ... .max, using: &random))
                } else if let piece = pieces.randomElement(using: &random) {
                    input.append(contentsOf: piece)
                }
            }
            let nulTerminated = round % 2 == 0
            let reader = UpdateRefReader(InputReader(bytes: input), nulTerminated: nulTerminated)
            var parser = UpdateRefParser(
                nulTerminated: nulTerminated, zero: .zero(.sha1), noDeref: Bool.random(using: &random))
            var commands = 0
            do throws(CommandExit) {
                while let text = try reader.next() {
                    _ = try parser.parse(text, resolve: repository.revision) { _ in }
                    commands += 1
                }
            } catch {
                #expect(error.status == .fatal && error.message.hasPrefix("fatal: "))
            }
            #expect(commands <= input.count)
        }
    }

    /// Whoever drives a transaction waits for each reply.
    @Test func repliesComeAtOnce() throws {
        for program in [gitPath, productPath("strata")] {
            let scratch = try Scratch()
            let child = try ChildProcess(
                program, ["update-ref", "--stdin"], environment: gitEnvironment, directory: scratch.directory.path)
            for (command, reply) in [
                ("start", "start: ok"), ("create refs/heads/new \(scratch.commit)\nprepare", "prepare: ok"),
                ("commit", "commit: ok"), ("start", "start: ok"), ("abort", "abort: ok"),
            ] {
                child.send(Bytes(command + "\n"))
                #expect(child.readLine() == reply)
            }
            child.closeInput()
            #expect(child.wait() == 0)
            #expect(try scratch.git(["rev-parse", "refs/heads/new"]).lines == [scratch.commit.hex])
        }
    }
}
