import StrataModel

extension Config {
    /// What git makes of a variable when it reads it, before anybody needs it.
    private enum Kind: Sendable {
        case bool
        /// One of these words, in whatever case unless they are `exact`, or a boolean.
        case boolOr([StaticString], exact: Bool = false)
        /// `always` or a boolean, which may not be left out.
        case logPolicy
        /// A level of zlib's.
        case level
        case text
        /// One of these words, in whatever case unless they are `exact`; else what git says, which may quote the value.
        case word([StaticString], exact: Bool = false, @Sendable (GitMessage) -> [GitMessage])
        case abbreviation
    }

    /// Refuses what every command of git refuses, of the variables that it reads whatever it is about to do: each occurrence counts,
    /// the first that makes no sense in the order of the files ends it. Git's function: `git_default_config`.
    ///
    /// - Throws: `RepositoryError.Code.badConfigValue`.
    func checkVariables() throws(RepositoryError) {
        for index in 0..<count {
            guard let kind = Self.kinds[key(at: index)] else { continue }
            switch kind {
            case .bool: _ = try bool(at: index)
            case .logPolicy:
                if Self.isOne(try string(at: index), of: ["always"]) { continue }
                _ = try bool(at: index)
            case .boolOr(let words, let exact):
                if let value = value(at: index), Self.isOne(value, of: words, exact) { continue }
                _ = try bool(at: index)
            case .level:
                let level = try integer(at: index, in: Int64(Int32.min)...Int64(Int32.max))
                guard (-1...9).contains(level) else {
                    throw RepositoryError(.badConfigValue, "bad zlib compression level \(Int(level))")
                }
            case .text: _ = try string(at: index)
            case .word(let words, let exact, let complaint):
                let value = try string(at: index)
                if Self.isOne(value, of: words, exact) { continue }
                throw badVariable(at: index, causes: complaint(GitMessage(bytes: value)))
            case .abbreviation: _ = try abbreviation(at: index)
            }
        }
    }

    private static func isOne(_ value: [UInt8], of words: [StaticString], _ exact: Bool = false) -> Bool {
        words.contains { exact ? PathBytes.equals(value, $0) : ConfigNumber.equalsFolded(value.span, $0) }
    }

    /// `core.abbrev`: nil = as many digits as are needed, 0 = all.
    ///
    /// - Throws: `RepositoryError.Code.badConfigValue` for a number below 4.
    public func abbreviation() throws(RepositoryError) -> Int? {
        guard let index = lastIndex(of: "core.abbrev".utf8) else { return nil }
        return try abbreviation(at: index)
    }

    private func abbreviation(at index: Int) throws(RepositoryError) -> Int? {
        let value = try string(at: index)
        if Self.isOne(value, of: ["auto"]) { return nil }
        if value.isEmpty || Self.isOne(value, of: ["no", "off", "false"]) { return 0 }
        let digits = Int(try integer(at: index, in: Int64(Int32.min)...Int64(Int32.max)))
        guard digits >= 4 else { throw badVariable(at: index, cause: "abbrev length out of range: \(digits)") }
        return digits
    }

    private static let kinds: [ArraySlice<UInt8>: Kind] = {
        var kinds: [ArraySlice<UInt8>: Kind] = [:]
        func set(_ kind: Kind, _ keys: String...) { for key in keys { kinds[Array(key.utf8)[...]] = kind } }
        set(
            .bool, "core.filemode", "core.ignorecase", "core.symlinks", "core.quotepath", "core.trustctime",
            "core.precomposeunicode", "core.protecthfs", "core.protectntfs", "core.sparsecheckout",
            "core.sparsecheckoutcone", "core.prefersymlinkrefs", "core.lockfilepid",
            "sparse.expectfilesoutsideofpatterns", "user.useconfigonly")
        set(.logPolicy, "core.logallrefupdates")
        set(.boolOr(["input"]), "core.autocrlf")
        set(.boolOr(["warn"]), "core.safecrlf")
        set(.boolOr(["always", "inherit", "simple"], exact: true), "branch.autosetupmerge")
        set(.level, "core.compression", "core.loosecompression", "pack.compression")
        set(
            .text, "core.editor", "core.commentchar", "core.commentstring", "core.askpass", "core.whitespace",
            "core.excludesfile", "core.attributesfile", "core.fsync", "core.fsyncmethod", "i18n.commitencoding",
            "i18n.logoutputencoding", "attr.tree", "user.name", "user.email", "author.name", "author.email",
            "committer.name", "committer.email")
        set(.abbreviation, "core.abbrev")
        set(
            .word(["default", "minimal"]) { ["invalid value for 'core.checkstat': '\($0.bytes)'"] }, "core.checkstat")
        set(
            .word(["none", "commit", "committish", "tree", "treeish", "blob"]) {
                ["unknown hint type for 'core.disambiguate': \($0.bytes)"]
            }, "core.disambiguate")
        set(
            .word(["never", "local", "remote", "always"], exact: true) { _ in
                ["malformed value for branch.autosetuprebase"]
            },
            "branch.autosetuprebase")
        set(
            .word(["nothing", "matching", "simple", "upstream", "tracking", "current"], exact: true) {
                [
                    "malformed value for push.default: \($0.bytes)",
                    "must be one of nothing, matching, simple, upstream or current",
                ]
            }, "push.default")
        return kinds
    }()
}
