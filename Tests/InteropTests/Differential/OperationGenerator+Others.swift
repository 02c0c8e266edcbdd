extension OperationGenerator {
    mutating func symbolicRef(_ state: ReferenceState, _ linked: Bool) -> CommandOperation {
        let name = pick([self.name(), "HEAD", "refs/heads/sym", "refs/heads/sym2", "refs/remotes/origin/HEAD"])
        switch number(100) {
        case 0..<40:
            let options = some([
                (["--short"], 30), ([pick(["-q", "--quiet"])], 25), ([pick(["--no-recurse", "--recurse"])], 20),
            ])
            return CommandOperation(arguments: ["symbolic-ref"] + options + [name])
        case 40..<82:
            let target = self.target()
            let options = some([(["-m", message()], 40), (["--short"], 2), (["-q"], 3)])
            return CommandOperation(
                arguments: ["symbolic-ref"] + options + [name, target],
                touches: [RefTouch(kind: .symbolic, name: name, follows: false, target: target)])
        case 82..<96:
            return CommandOperation(
                arguments: ["symbolic-ref", pick(["-d", "--delete"])] + some([(["-q"], 30)]) + [name],
                touches: [RefTouch(kind: .delete, name: name, follows: false)])
        default:
            return CommandOperation(
                arguments: ["symbolic-ref"]
                    + pick([
                        [], ["-h"], ["--nonsense"], ["-d"], ["-d", "a", "b"], ["a", "b", "c"],
                        ["-m", "", "HEAD", "refs/heads/x"],
                        ["-dq", "refs/heads/none"], ["--sho", "HEAD"], ["-qd"], ["-m"],
                    ]))
        }
    }

    mutating func packRefs() -> CommandOperation {
        if chance(5) {
            return CommandOperation(
                arguments: ["pack-refs"]
                    + pick([["-h"], ["--nonsense"], ["extra"], ["--include"], ["--al"], ["--no-all"]]))
        }
        let options = some([
            (["--all"], 65), (["--no-prune"], 20), (["--prune"], 5), (["--auto"], 10),
            (["--include", pick(["refs/heads/*", "refs/heads/x", "refs/*", "*", "refs/bisect/*"])], 20),
            (["--exclude", pick(["refs/heads/*", "refs/heads/main", "refs/tags/*", "*x"])], 20), (["--no-exclude"], 2),
        ])
        return CommandOperation(arguments: ["pack-refs"] + options)
    }

    mutating func checkRefFormat() -> CommandOperation {
        let name = chance(50) ? badName() : self.name()
        let options = some([
            ([pick(["--normalize", "--print"])], 40), ([pick(["--allow-onelevel", "--no-allow-onelevel"])], 40),
            (["--refspec-pattern"], 30),
        ])
        switch number(10) {
        case 0..<7: return CommandOperation(arguments: ["check-ref-format"] + options + [name])
        case 7..<9:
            return CommandOperation(
                arguments: [
                    "check-ref-format", "--branch", pick(["main", "x", "-x", "HEAD", "a..b", "", "@", name]),
                ])
        default:
            return CommandOperation(
                arguments: ["check-ref-format"]
                    + pick([
                        [], ["-h"], ["--nonsense", "a/b"], ["a", "b"], ["--branch"], ["--normalize", "//a///b"],
                        ["--branch", "a", "b"],
                    ]))
        }
    }

    /// Something that no command would leave on disk, or would leave only after a crash.
    mutating func oddState(_ state: ReferenceState) -> Operation {
        let common = shape.commonDir
        func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
        let name = pick([
            "refs/heads/x", "refs/heads/odd", "refs/tags/odd", "refs/heads/a/b", "refs/bisect/odd", "ORIG_HEAD",
        ])
        let (one, two) = (pick(objects.commits), pick(objects.commits))
        switch number(12) {
        case 0..<4:
            return .write(
                path: "\(common)/\(name)",
                bytes: bytes(
                    pick([
                        "", "\n", "garbage\n", one, one + "\r\n", one + "  \n\n", one + " trailing\n", one + "glued\n",
                        " \(one)\n",
                        one.uppercased() + "\n", String(one.dropLast()) + "\n", "ref: refs/heads/main",
                        "ref:refs/heads/x\n",
                        "ref: \t refs/heads/side \n\n", "REF: refs/heads/x\n", "ref: refs/heads/a..b\n",
                        "ref: \(name)\n",
                        "ref: nowhere\n", "ref: HEAD\n", objects.zero + "\n", objects.missing + "\n",
                        "ref: refs/heads/none\n",
                    ])))
        case 4:
            return .write(
                path: "\(common)/\(pick(["refs/heads/x", "refs/heads/main", "HEAD", "packed-refs"])).lock", bytes: [])
        case 5:
            return .makeDirectory(
                path:
                    "\(common)/\(pick(["refs/heads/x", "refs/heads/empty/deep", "refs/heads/new", "refs/e", "logs/refs/heads/new"]))"
            )
        case 6:
            return .link(
                path: "\(common)/\(pick(["refs/heads/link", "refs/tags/link"]))",
                target: pick(["refs/heads/main", "main", "../heads/x", "nowhere", "refs/heads/none"]))
        case 7..<9:
            let sorted =
                "\(one) refs/heads/p1\n\(two) refs/heads/p2\n\(objects.tag) refs/tags/pt\n^\(objects.commits[2])\n"
            return .write(
                path: "\(common)/packed-refs",
                bytes: bytes(
                    pick([
                        sorted, "# pack-refs with: peeled fully-peeled sorted \n" + sorted,
                        "# pack-refs with: peeled \n" + sorted,
                        "\(two) refs/heads/p2\n\(one) refs/heads/p1\n", "# pack-refs with: sorted\n" + sorted, "",
                        "# pack-refs with: peeled fully-peeled sorted unknown \n" + sorted, "# other\n" + sorted,
                        String(sorted.dropLast()), sorted + "\n", sorted + "garbage\n", "\(one)\trefs/heads/p1\n",
                        "# pack-refs with: peeled fully-peeled sorted \n\(one) refs/heads/a..b\n" + sorted,
                        "# pack-refs with: peeled fully-peeled sorted \n\(objects.missing) refs/heads/gone\n" + sorted,
                        sorted + sorted, "\(one) refs/heads/p1\n^\(two)\n^\(two)\n",
                        "# pack-refs with: peeled fully-peeled sorted ",
                        "\(one.uppercased()) refs/heads/p1\n", "\(one)  refs/heads/p1\n",
                    ])))
        case 9:
            return .write(
                path: "\(common)/logs/\(pick(["refs/heads/x", "HEAD", "refs/tags/v1"]))",
                bytes: bytes(
                    pick(["", "garbage\n", "\(one) \(two) A <a@b> 1 +0000\tm\n", "\(one) \(two) A <a@b> 1 +0000"])))
        case 10:
            return .remove(
                path: "\(common)/\(pick(["packed-refs", "logs", "logs/HEAD", "refs/heads/x", "refs/heads/a"]))")
        default:
            return .remove(
                path:
                    "\(common)/\(pick(["refs/heads/odd", "refs/tags/odd", "refs/heads/link", "refs/tags/link", "refs/bisect/odd"]))"
            )
        }
    }
}
