extension OperationGenerator {
    mutating func showRef(_ state: ReferenceState, _ linked: Bool) -> CommandOperation {
        let looks = some([
            ([pick(["-d", "--dereference"])], 40),
            ([pick(["-s", "--hash", "--hash=8", "-s4", "--hash=100", "--no-hash"])], 25),
            ([pick(["--abbrev", "--abbrev=6", "--abbrev=1", "--no-abbrev"])], 20), ([pick(["-q", "--quiet"])], 10),
        ])
        switch number(10) {
        case 0..<4:
            let filters = some([
                ([pick(["--head", "--no-head"])], 25), (["--tags"], 20), ([pick(["--branches", "--heads"])], 20),
            ])
            let patterns = some([
                ([pick(["main", "x", "heads/x", "v1", "HEAD", "origin/main", "refs/heads/main", "nope", "b"])], 40)
            ])
            return CommandOperation(arguments: ["show-ref"] + looks + filters + patterns)
        case 4..<6:
            let names = (0..<number(3)).map { _ in name() }
            return CommandOperation(arguments: ["show-ref", "--verify"] + looks + ["--"] + names)
        case 6..<8: return CommandOperation(arguments: ["show-ref", "--exists", name()])
        case 8:
            let lines = (0..<(1 + number(5))).map { _ in
                pick(["\(objects.commits[0]) \(name())", name(), "\(objects.tag)\t\(name())^{}", "x \(badName())"])
                    + "\n"
            }
            var command = CommandOperation(
                arguments: [
                    "show-ref",
                    pick(["--exclude-existing", "--exclude-existing=refs/heads/", "--exclude-existing=refs/h"]),
                ])
            command.input = lines.map { InputPiece(bytes: Array($0.utf8)) }
            return command
        default:
            return CommandOperation(
                arguments: ["show-ref"]
                    + pick([
                        ["-h"], ["--nonsense"], ["--verify"], ["--exists"], ["--exists", "a", "b"],
                        ["--verify", "--exists", "HEAD"],
                        ["--ver", "HEAD"], ["-sd"], ["-dq"], ["--hash=x"], ["--abbrev=x"],
                        ["--exclude-existing", "--verify", "HEAD"],
                        ["-qs", "main"], ["-d5"],
                    ]))
        }
    }

    mutating func forEachRef(_ state: ReferenceState, _ linked: Bool) -> CommandOperation {
        if chance(6) { return CommandOperation(arguments: ["for-each-ref"] + oddListing()) }
        let startsAfter = chance(14)
        var arguments = ["for-each-ref"]
        if chance(60) { arguments.append("--format=\(format())") }
        arguments += some([
            (["--count=\(pick(["0", "1", "2", "5", "100", "-1"]))"], 15), (["--include-root-refs"], 22),
            (["--exclude=\(pattern())"], 15), (["--exclude", pattern()], 6), (["--ignore-case"], 8),
            (["--omit-empty"], 6),
            ([pick(["--shell", "--perl", "--python", "--tcl", "-s", "-p"])], 8),
        ])
        if startsAfter {
            arguments.append(
                "--start-after=\(pick(["refs/heads/a", "refs/heads/x", "refs/tags", "r", "zzz", "refs/heads/"]))")
        }
        if !startsAfter || chance(15) {
            for _ in 0..<number(3) where chance(50) { arguments.append("--sort=\(sortKey())") }
        }
        let patterns = (!startsAfter || chance(15)) ? (0..<number(3)).map { _ in pattern() } : []
        guard chance(6) else { return CommandOperation(arguments: arguments + patterns) }
        var command = CommandOperation(arguments: arguments + ["--stdin"])
        command.input = patterns.map { InputPiece(bytes: Array("\($0)\n".utf8)) }
        return command
    }

    private mutating func oddListing() -> [String] {
        pick([
            ["-h"], ["--nonsense"], ["--count=x"], ["--count"], ["--format"], ["--format=%(refname"],
            ["--format=%(nonsense)"],
            ["--sort=nonsense"], ["--shell", "--perl"], ["--format=%(refname:nope)"], ["--format=%(if)x"],
            ["--format=%(end)"],
            ["--format=%(align:5)x"], ["--format=%(objectname:short=0)"], ["--stdin", "refs/heads"],
            ["--format=%(then)"],
            ["--start-after=x", "refs/heads"], ["--start-after=x", "--sort=objectname"], ["--sort="],
            ["--format=%(refname:lstrip=x)"],
            ["--format=%(objecttype:x)"], ["--format=%(else)"], ["--format=%(if:x)a%(then)b%(end)"], ["--no-count"],
            ["--format="],
        ])
    }

    private mutating func pattern() -> String {
        pick([
            "refs/heads", "refs/heads/", "refs/heads/*", "refs/heads/**", "refs/tags", "refs/heads/a", "refs/heads/a/b",
            "refs",
            "refs/", "refs/heads/x*", "refs/*/x", "**/main", "refs/remotes/**/main", "HEAD", "*HEAD", "refs/heads/ma",
            "heads", "",
            "refs/heads/[a-m]*", "refs/?eads/x", "REFS/HEADS", "refs/bisect", "refs/heads/s\\ym", "refs/heads/x",
            "refs/foo",
        ])
    }

    private mutating func sortKey() -> String {
        (chance(35) ? "-" : "")
            + pick([
                "refname", "refname", "objectname", "objecttype", "symref", "version:refname", "v:refname",
                "refname:short",
                "*objectname", "HEAD", "refname:lstrip=2", "objectname:short", "refname:lstrip=-1",
            ])
    }

    private mutating func format() -> String {
        if chance(30) { return "%(objectname) %(refname)" }
        return (0..<(1 + number(4))).map { _ in formatPiece() }.joined(
            separator: pick([" ", "|", "%%", "%09", "%0a", "%zz"]))
    }

    private mutating func formatPiece() -> String {
        let atom = pick([
            "refname", "refname:short", "refname:lstrip=1", "refname:lstrip=2", "refname:lstrip=-1", "refname:rstrip=1",
            "refname:rstrip=-2", "refname:strip=2", "refname:lstrip=9", "objectname", "objectname:short",
            "objectname:short=10",
            "objectname:short=2", "objecttype", "symref", "symref:short", "symref:lstrip=2", "symref:rstrip=-1", "HEAD",
            "*objectname", "*objecttype", "*objectname:short", "objectsize", "*refname",
        ])
        switch number(10) {
        case 0: return "%(if)%(\(atom))%(then)yes%(else)no%(end)"
        case 1: return "%(if:equals=commit)%(objecttype)%(then)%(\(atom))%(end)"
        case 2: return "%(align:\(pick(["20", "left,30", "width=25,position=right", "40,middle"])))%(\(atom))%(end)"
        case 3: return "%(if:notequals=refs/heads/main)%(refname)%(then)a%(\(atom))%(end)"
        default: return "%(\(atom))"
        }
    }
}
