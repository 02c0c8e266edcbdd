extension OperationGenerator {
    /// `update-ref` with its values in the arguments.
    mutating func updateRef(_ state: ReferenceState, _ linked: Bool) -> CommandOperation {
        if chance(3) { return CommandOperation(arguments: ["update-ref"] + oddArguments()) }
        let name = self.name()
        let noDeref = chance(20)
        let deletes = chance(22)
        var options = some([
            (["-m", message()], 40), ([pick(["--create-reflog", "--create-r"])], 12),
            ([pick(["--deref", "--no-no-deref"])], 2), (["--no-create-reflog"], 2), (["-z"], 1),
        ])
        if noDeref { options.append(pick(["--no-deref", "--no-deref", "--no-der"])) }
        if deletes { options.append("-d") }
        if options.count > 1 && chance(20) && !options.contains("-m") { options.reverse() }
        var operands = [name]
        let new = newValue()
        if !deletes { operands.append(new) }
        if let old = oldValue(of: name, state, linked) { operands.append(old) }
        if chance(3) { options.append("--") }
        let touch = RefTouch(
            kind: deletes || new.allSatisfy { $0 == "0" } ? .delete : .write, name: name, follows: !noDeref)
        // A wrong number of operands is a matter of usage.
        if chance(1) { operands.append("extra") }
        return CommandOperation(arguments: ["update-ref"] + options + operands, touches: [touch])
    }

    private mutating func oddArguments() -> [String] {
        pick([
            [], ["-h"], ["--nonsense"], ["-d"], ["refs/heads/x"], ["--stdin", "refs/heads/x"],
            ["-z", "-d", "refs/heads/x"],
            ["--batch-updates", "refs/heads/x", "HEAD"], ["-m"], ["-x"], ["--stdin", "-d"], ["--no-"], ["--"],
            ["--stdin=yes"], ["--no-m"],
        ])
    }

    /// `update-ref --stdin` in all its forms.
    mutating func updateRefInput(_ state: ReferenceState, _ linked: Bool) -> CommandOperation {
        let nul = chance(35)
        var writer = UpdateRefScript(nul: nul)
        switch number(10) {
        case 0..<5: commands(1 + number(4), into: &writer, state, linked)
        case 5..<9:
            for _ in 0..<(1 + number(2)) {
                writer.plain("start")
                commands(1 + number(3), into: &writer, state, linked)
                if chance(60) { writer.plain("prepare") }
                if chance(8) { commands(1, into: &writer, state, linked) }
                if chance(92) { writer.plain(chance(75) ? "commit" : "abort") }
            }
        default:
            for _ in 0..<(1 + number(4)) {
                if chance(50) { writer.plain(pick(["start", "prepare", "commit", "abort"])) }
                commands(number(2), into: &writer, state, linked)
            }
        }
        if chance(3), let last = writer.pieces.popLast() {
            writer.pieces.append(InputPiece(bytes: Array(last.bytes.dropLast()), touch: last.touch))
        }
        let options = some([
            (["-m", message()], 30), (["--create-reflog"], 6),
            ([pick(["--batch-updates", "--batch-updates", "-0", "--batch"])], 30),
        ])
        var command = CommandOperation(arguments: ["update-ref"] + options + ["--stdin"] + (nul ? ["-z"] : []))
        command.input = writer.pieces
        // Commands of one input meet in one transaction: the option applies to each of them.
        if chance(4) {
            command.arguments.insert("--no-deref", at: 1)
            for index in command.input.indices { command.input[index].touch?.follows = false }
        }
        return command
    }

    private mutating func commands(
        _ count: Int, into script: inout UpdateRefScript, _ state: ReferenceState, _ linked: Bool
    ) {
        for _ in 0..<count {
            let noDeref = chance(12)
            if noDeref { script.option("no-deref") }
            let name = self.name()
            switch number(isCareful ? 93 : 100) {
            case 0..<34:
                script.update(name, newValue(), oldValue(of: name, state, linked), follows: !noDeref)
            case 34..<48: script.create(name, newValue(), follows: !noDeref)
            case 48..<64: script.delete(name, oldValue(of: name, state, linked), follows: !noDeref)
            case 64..<72: script.verify(name, oldValue(of: name, state, linked), follows: !noDeref)
            case 72..<79:
                let old: UpdateRefScript.SymbolicOld? =
                    switch number(4) {
                    case 0: .target(knownTarget(of: name, state, linked))
                    case 1: .object(oldValue(of: name, state, linked) ?? objects.zero)
                    default: nil
                    }
                script.symrefUpdate(name, target(), old, follows: !noDeref)
            case 79..<84: script.symrefCreate(name, target(), follows: !noDeref)
            case 84..<89:
                if !noDeref && chance(85) { script.option("no-deref") }
                script.symrefDelete(name, chance(50) ? knownTarget(of: name, state, linked) : nil)
            case 89..<93:
                if !noDeref && chance(85) { script.option("no-deref") }
                script.symrefVerify(name, chance(80) ? knownTarget(of: name, state, linked) : nil)
            default: script.raw(malformed())
            }
        }
    }

    private mutating func knownTarget(of name: String, _ state: ReferenceState, _ linked: Bool) -> String {
        if chance(70), case .symbolic(let target) = state.value(name, linked: linked) { return target }
        return target()
    }

    private mutating func malformed() -> String {
        let commit = objects.commits[1]
        return pick([
            "", " ", "unknown refs/heads/x", "update", "update ", "update refs/heads/x", "update refs/heads/x ",
            "update  refs/heads/x \(commit)", "update refs/heads/x \(commit) ",
            "update refs/heads/x \(commit) \(commit) extra",
            "create refs/heads/x", "create refs/heads/x \(objects.zero)", "create refs/heads/x \(commit) extra",
            "delete",
            "delete refs/heads/x \(objects.zero)", "delete refs/heads/x extra words", "verify", "verify refs/heads/x  ",
            "option", "option unknown", "option no-deref extra", "start extra", "prepare ", "commit x", "symref-update",
            "symref-update refs/heads/sym", "symref-update refs/heads/sym refs/heads/x oid",
            "symref-update refs/heads/sym refs/heads/x nonsense refs/heads/y", "symref-create refs/heads/sym",
            "symref-delete", "symref-verify", "update \"refs/heads/q\\165oted\" \(commit)",
            "update \"refs/heads/x \(commit)",
            "update refs/heads/x \"\(commit)\"", "update \"refs/heads/x\"y \(commit)", "update refs/heads/x main~0",
            "UPDATE refs/heads/x \(commit)", "update\trefs/heads/x \(commit)", "# comment",
            "update refs/heads/x\t\(commit)",
        ])
    }
}
