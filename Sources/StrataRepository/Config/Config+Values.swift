extension Config {
    /// The value of `key` as a boolean; nil when it is not set. No `=` means true, an empty value false.
    ///
    /// - Throws: `RepositoryError.Code.badConfigValue`.
    public func bool(_ key: String) throws(RepositoryError) -> Bool? {
        guard let index = lastIndex(of: key.utf8) else { return nil }
        return try bool(at: index)
    }

    /// The boolean that a value writes: a word in either case, or a number, of which 0 is false; nil when it writes none. Git's function:
    /// `git_parse_maybe_bool`.
    public static func bool(of value: [UInt8]) -> Bool? { ConfigNumber.bool(value.span) }

    func bool(at index: Int) throws(RepositoryError) -> Bool {
        guard let value = value(at: index) else { return true }
        guard let bool = ConfigNumber.bool(value.span) else {
            throw RepositoryError(.badConfigValue, "bad boolean config value '\(value)' for '\(key(at: index))'")
        }
        return bool
    }

    /// The value of `key` as a 32-bit number, as most of git's are; nil when it is not set.
    ///
    /// - Throws: `RepositoryError.Code.badConfigValue`.
    public func int(_ key: String) throws(RepositoryError) -> Int? {
        guard let index = lastIndex(of: key.utf8) else { return nil }
        return Int(try integer(at: index, in: Int64(Int32.min)...Int64(Int32.max)))
    }

    /// The value of `key` as a 64-bit number; nil when it is not set.
    ///
    /// - Throws: `RepositoryError.Code.badConfigValue`.
    public func int64(_ key: String) throws(RepositoryError) -> Int64? {
        guard let index = lastIndex(of: key.utf8) else { return nil }
        return try integer(at: index, in: Int64.min...Int64.max)
    }

    func integer(at index: Int, in range: ClosedRange<Int64>) throws(RepositoryError) -> Int64 {
        let value = value(at: index) ?? []
        do {
            return try ConfigNumber.integer(value.span, in: range)
        } catch {
            let reason = error == .outOfRange ? "out of range" : "invalid unit"
            let place: GitMessage = source(at: index).file.map { " in file \($0)" } ?? ""
            throw RepositoryError(
                .badConfigValue,
                "bad numeric config value '\(value)' for '\(key(at: index))'\(place.bytes): \(reason)")
        }
    }

    /// The value of `key` as it stands; nil when it is not set.
    ///
    /// - Throws: `RepositoryError.Code.badConfigValue` when it has no value at all.
    public func string(_ key: String) throws(RepositoryError) -> [UInt8]? {
        guard let index = lastIndex(of: key.utf8) else { return nil }
        return try string(at: index)
    }

    /// Every value of `key`, in order.
    ///
    /// - Throws: `RepositoryError.Code.badConfigValue` when one has no value at all.
    public func strings(_ key: String) throws(RepositoryError) -> [[UInt8]] {
        var values: [[UInt8]] = []
        for index in indices(of: key.utf8) { values.append(try string(at: index)) }
        return values
    }

    func string(at index: Int) throws(RepositoryError) -> [UInt8] {
        guard let value = value(at: index) else {
            throw badVariable(at: index, cause: "missing value for '\(key(at: index))'")
        }
        return value
    }

    /// What git says when it cannot use the variable at `index`.
    func badVariable(at index: Int, cause: GitMessage? = nil) -> RepositoryError {
        badVariable(at: index, causes: cause.map { [$0] } ?? [])
    }

    func badVariable(at index: Int, causes: [GitMessage]) -> RepositoryError {
        let causes = causes.map(\.bytes)
        let entry = self[index]
        guard let file = entry.file else {
            return RepositoryError(
                .badConfigValue, "unable to parse '\(entry.key)' from command-line config", causes: causes)
        }
        return RepositoryError(
            .badConfigValue, "bad config variable '\(entry.key)' in file '\(file)' at line \(entry.line)",
            causes: causes)
    }

    /// The value of `key` as a path, `~/`, `~user/` and `%(prefix)/` expanded; nil when it is not set, or when it is
    /// marked `:(optional)` and nothing is there.
    ///
    /// - Throws: `RepositoryError.Code.badConfigValue`.
    public func path(_ key: String, environment: RepositoryEnvironment) throws(RepositoryError) -> [UInt8]? {
        guard let index = lastIndex(of: key.utf8) else { return nil }
        return try path(at: index, environment: environment)
    }

    func path(at index: Int, environment: RepositoryEnvironment) throws(RepositoryError) -> [UInt8]? {
        var value = try string(at: index)[...]
        let isOptional = PathBytes.hasPrefix(value, ":(optional)")
        if isOptional { value = value.dropFirst(11) }
        guard let path = environment.expandUser(Array(value)) else {
            throw RepositoryError(.badConfigValue, "failed to expand user dir in: '\(value)'")
        }
        if isOptional, case .failed = FileAccess.status(environment.absolute(path)) { return nil }
        return path
    }
}
