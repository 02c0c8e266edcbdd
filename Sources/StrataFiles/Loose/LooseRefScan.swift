import StrataIO
import StrataModel
import StrataRefs
import SystemPackage

/// Reads the loose references of a scope, names and values at once, in the order of their names.
///
/// Only directories that may hold names of the scope are read, and only files whose names lie in it. Names that begin with a
/// dot or end in `.lock` are no references, nor is what is no file. Git's functions: `loose_fill_ref_dir`, `add_root_refs`.
struct LooseRefScan {
    private let reader: LooseRefReader
    private let scope: RefScope
    private var builder = RefRunBuilder()
    private var (directories, files) = (0, 0)

    /// The references of `scope`.
    ///
    /// - Throws: ``RefError``, `unavailable` where a directory or file is there and cannot be read.
    static func run(_ reader: LooseRefReader, over scope: RefScope) throws(RefError) -> RefRun {
        try scanned(reader, over: scope).builder.finished()
    }

    private static func scanned(_ reader: LooseRefReader, over scope: RefScope) throws(RefError) -> LooseRefScan {
        var scan = LooseRefScan(reader: reader, scope: scope)
        if scope.prefix.starts(with: "refs/".utf8) {
            let directory = Array(scope.prefix[...(scope.prefix.lastIndex(of: UInt8(ascii: "/")) ?? 4)])
            if isWalked(directory) { try scan.walk(directory) }
        } else {
            if RefName(unchecked: scope.prefix).hasRootSyntax { try scan.readRoots() }
            try scan.walk(Array("refs/".utf8))
        }
        return scan
    }

    /// The references of `scope`, with how many directories and files were read for them.
    static func counted(
        _ reader: LooseRefReader, over scope: RefScope
    ) throws(RefError) -> (run: RefRun, directories: Int, files: Int) {
        let scan = try scanned(reader, over: scope)
        return (scan.builder.finished(), scan.directories, scan.files)
    }

    private init(reader: LooseRefReader, scope: RefScope) {
        self.reader = reader
        self.scope = scope
    }

    /// Whether a walk down from `refs/` would come to `directory`, which ends in a slash.
    private static func isWalked(_ directory: [UInt8]) -> Bool {
        directory.dropLast().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy {
            !$0.isEmpty && !isHiddenRefFile($0) && !$0.contains(0)
        }
    }

    /// `HEAD` and its like, which stand in the git directory among other files.
    private mutating func readRoots() throws(RefError) {
        var names: [[UInt8]] = []
        for (name, kind) in try entries(of: []) where RefName(unchecked: name).isRootRef && scope.contains(name.span) {
            if try resolve(kind, name) == .regular { names.append(name) }
        }
        for name in names.sorted(by: { RefNameOrder.compare($0.span, $1.span) < 0 }) { try add(name) }
    }

    /// Reads what stands below `directory`, which ends in a slash.
    private mutating func walk(_ directory: [UInt8]) throws(RefError) {
        guard scope.mayHoldNames(under: directory) else { return }
        var names: [[UInt8]] = []
        for (entry, kind) in try entries(of: directory) where !isHiddenRefFile(entry) {
            let name = directory + entry
            switch try resolve(kind, name) {
            case .regular: names.append(name)
            case .directory where kind == .directory: names.append(name + [UInt8(ascii: "/")])
            case .directory: if try !leadsUp(name) { names.append(name + [UInt8(ascii: "/")]) }
            default: continue
            }
        }
        // With its slash a directory stands where its names do.
        names.sort { RefNameOrder.compare($0.span, $1.span) < 0 }
        for name in names {
            if name.last == UInt8(ascii: "/") {
                try walk(name)
            } else if scope.contains(name.span) {
                try add(name)
            }
        }
    }

    /// The entries of a directory; none when it is gone.
    private mutating func entries(of directory: [UInt8]) throws(RefError) -> [(name: [UInt8], kind: FileKind)] {
        var found: [(name: [UInt8], kind: FileKind)] = []
        do throws(FileError) {
            guard var entries = try DirectoryReader(path(directory)) else { return [] }
            directories += 1
            while try entries.next() {
                // What has gone meanwhile has no kind.
                if let kind = try entries.kind() { found.append((entries.name, kind)) }
            }
        } catch {
            throw unreadable(error)
        }
        return found
    }

    /// What a reader comes to: where a symbolic link leads, as git lists what is behind links.
    private func resolve(_ kind: FileKind, _ name: [UInt8]) throws(RefError) -> FileKind? {
        kind == .symlink ? try stat(name[...])?.kind : kind
    }

    /// Whether `link` leads back to a directory that it stands in.
    private func leadsUp(_ link: [UInt8]) throws(RefError) -> Bool {
        guard let target = try stat(link[...]) else { return true }
        for (index, byte) in link.enumerated() where byte == UInt8(ascii: "/") {
            let parent = try stat(link[..<index])
            if parent?.isSameFile(as: target) == true { return true }
        }
        return false
    }

    private func stat(_ name: ArraySlice<UInt8>) throws(RefError) -> FileStat? {
        do throws(FileError) {
            return try FileStat.stat(path(name))
        } catch {
            if error.errno == .tooManySymbolicLinkLevels { return nil }
            throw unreadable(error)
        }
    }

    private func path(_ name: some Sequence<UInt8>) -> FilePath { FilePath(bytes: reader.root + name) }

    private func unreadable(_ error: FileError) -> RefError {
        RefError(.unavailable, error.description, path: error.path.string, cause: error)
    }

    private mutating func add(_ name: [UInt8]) throws(RefError) {
        guard case .value(let value) = try reader.read(name) else { return }  // gone since it was seen
        files += 1
        if RefNameRules.flaw(in: name.span, allowing: .oneLevel) == nil {
            builder.append(name: name, value: value)
        } else if RefNameRules.isSafe(name.span) {
            builder.append(name: name, value: .broken(.badName))
        } else {
            throw RefError(.corrupt, "loose refname is dangerous: \(String(decoding: name, as: UTF8.self))")
        }
    }
}
