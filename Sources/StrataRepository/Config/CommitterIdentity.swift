public import StrataModel

#if canImport(Glibc)
    import Glibc
#endif

/// Who the committer is: the identity that reflogs record.
public struct CommitterIdentity: Sendable, Hashable {
    /// As configured or found, not yet cleaned.
    public let name: [UInt8]
    public let email: [UInt8]
    /// `GIT_COMMITTER_DATE` as it stands; nil or empty for the present.
    public let date: [UInt8]?

    /// Finds the committer: `GIT_COMMITTER_*`, then `committer.*`, then `user.*`, `EMAIL`, and at last the user
    /// database and the host's name. Never fails for want of a good name, as git does not for reflogs.
    ///
    /// - Throws: `RepositoryError.Code.badConfigValue` for a variable without a value.
    public init(_ config: Config, environment: RepositoryEnvironment) throws(RepositoryError) {
        let configuredName = try config.string("committer.name")
        let userName = try config.string("user.name")
        let configuredEmail = try config.string("committer.email")
        let userEmail = try config.string("user.email")
        // A value for the author keeps git from looking for the committer's elsewhere.
        let authorName = try config.string("author.name")
        let authorEmail = try config.string("author.email")
        let isEmailConfigured = configuredEmail ?? userEmail ?? authorEmail != nil
        let isNameConfigured = configuredName ?? userName ?? authorName != nil
        var account: Account?
        // Empty values count only in the environment.
        if let given = environment.value("GIT_COMMITTER_EMAIL") ?? configuredEmail.nonEmpty ?? userEmail.nonEmpty {
            email = given
        } else if isEmailConfigured {
            email = []
        } else if let given = environment.value("EMAIL").nonEmpty {
            email = Self.trimmed(given)
        } else {
            account = Account(number: getuid())
            email = Self.trimmed((account?.name ?? Array("unknown".utf8)) + [UInt8(ascii: "@")] + Self.mailHost())
        }
        var name: [UInt8]
        if let given = environment.value("GIT_COMMITTER_NAME") ?? configuredName.nonEmpty ?? userName.nonEmpty {
            name = given
        } else if isNameConfigured {
            name = []
        } else {
            account = account ?? Account(number: getuid())
            name = account.map { Self.fullName($0) } ?? Array("Unknown".utf8)
        }
        if name.isEmpty { name = (account ?? Account(number: getuid()))?.name ?? Array("unknown".utf8) }
        self.name = name
        date = environment.value("GIT_COMMITTER_DATE")
    }

    /// The identity with its time: `GIT_COMMITTER_DATE`, else `now` in the local time zone.
    ///
    /// - Throws: `RepositoryError.Code.badIdentity` when the date is not understood.
    public func signature(now: Int64? = nil) throws(RepositoryError) -> Signature {
        let moment: DateFormat.Moment
        if let date, !date.isEmpty {
            guard let parsed = DateFormat.parse(date) else {
                throw RepositoryError(.badIdentity, "invalid date format: \(date)")
            }
            moment = parsed
        } else {
            let seconds = now ?? Int64(time(nil))
            moment = DateFormat.Moment(seconds: seconds, offsetMinutes: DateFormat.localOffset(at: seconds))
        }
        return Signature(name: name, email: email, seconds: moment.seconds, offsetMinutes: moment.offsetMinutes)
    }

    // MARK: The user database

    /// The first part of the user's full name, `&` standing for the login name in capitals.
    private static func fullName(_ account: Account) -> [UInt8] {
        var name: [UInt8] = []
        for c in account.fullName.prefix(while: { $0 != UInt8(ascii: ",") }) {
            if c == UInt8(ascii: "&"), let first = account.name.first {
                name.append(isLetter(first) ? first & ~0x20 : first)
                name += account.name.dropFirst()
            } else {
                name.append(c)
            }
        }
        return trimmed(name)
    }

    private static func trimmed(_ text: [UInt8]) -> [UInt8] {
        func isBlank(_ c: UInt8) -> Bool { c == 0x20 || c == 0x09 || c == 0x0a || c == 0x0d }
        guard let first = text.firstIndex(where: { !isBlank($0) }), let last = text.lastIndex(where: { !isBlank($0) })
        else { return [] }
        return Array(text[first...last])
    }

    /// `/etc/mailname`, else the host's name with its domain; `<host>.(none)` when that cannot be found.
    private static func mailHost() -> [UInt8] {
        if case .bytes(let contents) = FileAccess.readFile(Array("/etc/mailname".utf8), limit: 1 << 16),
            !contents.isEmpty
        {
            return Array(contents.prefix { $0 != 0x0a })
        }
        var buffer = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&buffer, 255) == 0 else { return Array("(none)".utf8) }
        let host = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        if host.contains(UInt8(ascii: ".")) { return host }
        return canonicalName(of: host) ?? host + Array(".(none)".utf8)
    }

    /// The host's name as the resolver completes it, if that gives it a domain.
    private static func canonicalName(of host: [UInt8]) -> [UInt8]? {
        var hints = unsafe addrinfo()
        unsafe hints.ai_flags = AI_CANONNAME
        var found: UnsafeMutablePointer<addrinfo>?
        let name = String(decoding: host, as: UTF8.self)
        guard unsafe getaddrinfo(name, nil, &hints, &found) == 0, let found = unsafe found else { return nil }
        defer { unsafe freeaddrinfo(found) }
        guard let text = unsafe found.pointee.ai_canonname else { return nil }
        let canonical = unsafe [UInt8](UnsafeRawBufferPointer(start: text, count: strlen(text)))
        return canonical.contains(UInt8(ascii: ".")) ? canonical : nil
    }
}

extension Optional where Wrapped == [UInt8] {
    fileprivate var nonEmpty: [UInt8]? { flatMap { $0.isEmpty ? nil : $0 } }
}
