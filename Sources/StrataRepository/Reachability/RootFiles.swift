import StrataIO
import StrataModel
import StrataRefs
import SystemPackage

/// The files of a worktree's git directory that name objects and are no references.
///
/// A line begins with an object id; what follows a blank is of no interest here (`FETCH_HEAD`'s remarks).
enum RootFiles {
    private static let names: [(path: String, reason: ReachabilityRoot.Reason)] = [
        ("FETCH_HEAD", .pseudoref), ("MERGE_HEAD", .pseudoref), ("rebase-apply/autostash", .rebase),
        ("rebase-apply/orig-head", .rebase), ("rebase-merge/autostash", .rebase), ("rebase-merge/orig-head", .rebase),
    ]

    /// The most bytes that are read of one file.
    private static let limit = 1 << 26

    /// The objects that the files in `directory` name; files that are not there name none.
    ///
    /// - Throws: ``RefError``, `unavailable` for a file that cannot be read, `corrupt` for one with another line in it.
    static func read(
        in directory: FilePath, _ algorithm: HashAlgorithm
    ) throws(RefError) -> [ReachabilityRoots.Other] {
        var found: [ReachabilityRoots.Other] = []
        for (text, reason) in names {
            let path = directory.appending(text)
            let bytes: [UInt8]?
            do throws(FileError) {
                bytes = try readFile(path, limit: limit)
            } catch {
                throw RefError(.unavailable, error.description, path: path.string, cause: error)
            }
            guard let bytes, let name = try? RefName(text) else { continue }
            for (index, line) in bytes.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated()
            where !line.isEmpty {
                guard let id = id(line, algorithm) else {
                    throw RefError(
                        .corrupt, "line \(index + 1) of \(path) does not begin with an object id", reference: name,
                        path: path.string)
                }
                found.append((name, id, reason))
            }
        }
        return found
    }

    private static func id(_ line: ArraySlice<UInt8>, _ algorithm: HashAlgorithm) -> ObjectID? {
        let digits = Array(line.prefix(algorithm.hexCount))
        if let next = line.dropFirst(algorithm.hexCount).first {
            guard next == 0x09 || next == 0x20 || next == 0x0d else { return nil }
        }
        guard let id = ObjectID(hex: digits.span), id.algorithm == algorithm else { return nil }
        return id
    }
}
