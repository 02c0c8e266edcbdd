import Glibc
import StrataIO
import StrataRefs
import SystemPackage

/// A linked worktree as a store knows it.
struct LMDBWorktree: Hashable, Sendable {
    /// Its name below `worktrees/`.
    let id: [UInt8]
    /// Its directory there, in which its token is; nil = no token is asked for.
    let directory: FilePath?
}

/// The file in the directory of a linked worktree that holds its token: `lmdb-token`, 32 hexadecimal digits and a line feed.
enum LMDBTokenFile {
    /// In lower case, so that git takes it for no reference.
    static let name = "lmdb-token"

    /// The token of `directory`; nil = it has none, or there is no such directory.
    ///
    /// - Throws: ``RefError``: `corrupt` for a file that holds no token, `unavailable` for one that cannot be read.
    static func read(in directory: FilePath) throws(RefError) -> LMDBToken? {
        let path = directory.appending(name)
        do throws(FileError) {
            // A link would lead to what does not go with the directory.
            guard let file = try openForReading(path, followingSymlinks: false) else { return nil }
            defer { Glibc.close(file.rawValue) }
            let text = try readAll(file, at: path, limit: LMDBToken.textCount)
            guard let token = LMDBToken(text: text) else { throw FileError(.read, path, .illegalByteSequence) }
            return token
        } catch {
            switch error.errno {
            case .illegalByteSequence, .fileTooLarge, .isDirectory, .tooManySymbolicLinkLevels:
                throw RefError(.corrupt, "'\(path)' holds no token of a worktree", path: path.string, cause: error)
            default:
                throw RefError(
                    .unavailable, "unable to read '\(path)': \(error.errno)", path: path.string, cause: error)
            }
        }
    }

    /// Gives `directory` a new token; nil = there is no such directory, and none is made. The token is on the medium when this returns, whatever
    /// durability is asked of references: without it all of the worktree's would be lost.
    static func make(in directory: FilePath, _ sharing: FileSharing) throws(RefError) -> LMDBToken? {
        let (path, token) = (directory.appending(name), LMDBToken.random())
        do throws(FileError) {
            try Disk.replace(path, with: token.text, durability: .full, sharing: sharing)
        } catch {
            if error.isAbsence { return nil }
            throw RefError(.unavailable, "unable to write '\(path)': \(error.errno)", path: path.string, cause: error)
        }
        return token
    }
}
