/// What can be wrong with an object, by the names that git has for it: those of `fsck.<msg-id>` (git-fsck(1), "Fsck messages").
public enum ObjectProblem: String, Sendable, Hashable, CaseIterable {
    case nulInHeader, unterminatedHeader
    case badHeaderContinuation, badDate, badDateOverflow, badEmail, badGpgsig, badName, badObjectSha1, badParentSha1
    case badTimezone, badTree, badTreeSha1, badType, duplicateEntries
    case gitattributesBlob, gitattributesLarge, gitattributesLineLength, gitattributesMissing
    case gitmodulesBlob, gitmodulesLarge, gitmodulesMissing, gitmodulesName, gitmodulesPath, gitmodulesSymlink
    case gitmodulesUpdate, gitmodulesUrl
    case missingAuthor, missingCommitter, missingEmail, missingNameBeforeEmail, missingObject, missingSpaceBeforeDate
    case missingSpaceBeforeEmail, missingTag, missingTagEntry, missingTree, missingType, missingTypeEntry
    case multipleAuthors, treeNotSorted, unknownType, zeroPaddedDate
    case emptyName, fullPathname, hasDot, hasDotdot, hasDotgit, largePathname, nullSha1, nulInCommit
    case zeroPaddedFilemode
    case badFilemode, badTagName, gitattributesSymlink, gitignoreSymlink, gitmodulesParse, mailmapSymlink
    case missingTaggerEntry
    case extraHeaderEntry

    /// How bad it is, where nothing is configured.
    public var severity: ObjectSeverity {
        switch self {
        case .nulInHeader, .unterminatedHeader: .fatal
        case .emptyName, .fullPathname, .hasDot, .hasDotdot, .hasDotgit, .largePathname, .nullSha1, .nulInCommit,
            .zeroPaddedFilemode:
            .warning
        case .badFilemode, .badTagName, .gitattributesSymlink, .gitignoreSymlink, .gitmodulesParse, .mailmapSymlink,
            .missingTaggerEntry:
            .notice
        case .extraHeaderEntry: .ignored
        default: .error
        }
    }
}

/// How bad a problem is.
public enum ObjectSeverity: UInt8, Sendable, Hashable, Comparable {
    case ignored
    /// Git's "info": reported as a warning, also by who is strict.
    case notice
    case warning, error
    /// An error that cannot be made less: what follows could not be read.
    case fatal

    public static func < (a: ObjectSeverity, b: ObjectSeverity) -> Bool { a.rawValue < b.rawValue }
}

/// One thing that is wrong with an object.
public struct ObjectFinding: Sendable, Hashable {
    public let problem: ObjectProblem
    /// Whether it is an error, else a warning.
    public let isError: Bool
    /// What git says of it, behind the problem's name.
    public let message: [UInt8]
    /// What git's parser says before, where it is that which fails.
    public let cause: String?

    /// `<problem>: <message>`, as git reports it.
    public var text: [UInt8] { Array("\(problem.rawValue): ".utf8) + message }
}

extension ObjectFinding: CustomStringConvertible {
    public var description: String { String(decoding: text, as: UTF8.self) }
}
