import Glibc
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage

/// Reads reflog files below one directory, `logs` of a git dir or a worktree's.
struct ReflogReader: Sendable {
    /// The directory's path, a slash at its end.
    let root: [UInt8]
    let algorithm: HashAlgorithm

    /// The path of the log of `name`.
    func path(_ name: RefName) -> FilePath { FilePath(bytes: root + name.bytes) }

    /// Whether `name` has a log: a plain file, empty or not. Git's function: `files_reflog_exists`.
    func exists(_ name: RefName) throws(RefError) -> Bool {
        do throws(FileError) {
            return try FileStat.lstat(path(name))?.kind == .regular
        } catch {
            throw unreadable(name, error)
        }
    }

    /// Calls `body` with each well-formed line and its bytes until it returns false; does nothing when there is no log.
    func lines(
        _ name: RefName, newestFirst: Bool, _ body: (Span<UInt8>, ReflogEntry) throws(RefError) -> Bool
    ) throws(RefError) {
        let file: FileDescriptor
        do throws(FileError) {
            guard let opened = try openForReading(path(name)) else { return }
            file = opened
        } catch {
            throw unreadable(name, error)
        }
        defer { try? file.close() }
        do throws(FileError) {
            guard try FileStat.fstat(file, at: path(name)).kind == .regular else { return }
        } catch {
            throw unreadable(name, error)
        }
        let scan = ReflogScan(file: file.rawValue) {
            unreadable(name, FileError(.read, path(name), Errno(rawValue: $0)))
        }
        let line = { (line: Span<UInt8>) throws(RefError) -> Bool in
            guard let entry = ReflogLine.parse(line, algorithm) else { return true }
            return try body(line, entry)
        }
        if newestFirst { try scan.backward(line) } else { try scan.forward(line) }
    }

    /// The names that have a log, sorted. Git's function: `files_reflog_iterator_begin`.
    func names() throws(RefError) -> [RefName] {
        var names: [RefName] = []
        var directories: [[UInt8]] = [[]]
        do throws(FileError) {
            while let directory = directories.popLast() {
                guard var entries = try DirectoryReader(FilePath(bytes: root + directory)) else { continue }
                while try entries.next() {
                    let name = directory + entries.name
                    switch try entries.kind() {
                    case .directory: directories.append(name + [UInt8(ascii: "/")])
                    case .regular: if let name = try? RefName(bytes: name) { names.append(name) }
                    default: break
                    }
                }
            }
        } catch {
            throw RefError(.unavailable, error.description, path: error.path.string, cause: error)
        }
        return names.sorted()
    }

    private func unreadable(_ name: RefName, _ cause: FileError) -> RefError {
        let path = path(name).string
        return RefError(
            .unavailable, "unable to read reflog '\(path)': \(cause.errno)", reference: name, path: path,
            cause: cause)
    }
}
