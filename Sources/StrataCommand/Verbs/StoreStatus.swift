import StrataFiles
import StrataIO
import StrataLMDB
import StrataModel
import StrataRefs
import StrataRepository
import SystemPackage

/// What `store status` prints: a fact a line.
enum StoreStatusText {
    static func lines(of repository: Repository) throws(RefError) -> [String] {
        if let database = repository.database { return lines(of: try database.status(), at: database.directory) }
        guard let files = repository.files else { return [] }
        return try lines(of: files, repository)
    }

    private static func lines(of status: LMDBStatus, at directory: FilePath) -> [String] {
        let readers = status.readers
        let free = status.pages - status.usedPages
        var lines = [
            "kind: lmdb", "path: \(directory)", "format: \(status.format)", "store id: \(status.storeID)",
            "object format: \(status.hashAlgorithm.name)", "last change: \(status.sequence)",
            "references: \(status.references)", "reflogs: \(status.reflogs)", "linked worktrees: \(status.worktrees)",
            "pages: \(status.usedPages) in use, \(free) free, of \(status.pageSize) bytes",
            "reserved: \(status.reservation) bytes",
        ]
        if status.intents > 0 { lines.append("transactions decided: \(status.intents)") }
        if readers.count == 0 { return lines + ["readers: none"] }
        let bytes = readers.keptPages * status.pageSize
        return lines + [
            "readers: \(readers.count) in \(counted(readers.processes, "process", "processes")), the oldest \(readers.behind) changes behind",
            "kept for readers: \(counted(readers.keptPages, "page", "pages")), \(bytes) bytes",
        ]
    }

    private static func counted(_ count: Int, _ one: String, _ several: String) -> String {
        "\(count) \(count == 1 ? one : several)"
    }

    private static func lines(of files: FilesRefStore, _ repository: Repository) throws(RefError) -> [String] {
        let packed = files.packed.path
        let size: Int64
        do throws(FileError) { size = try FileStat.stat(packed)?.size ?? 0 } catch {
            throw RefError(.unavailable, "\(error)", path: packed.string, cause: error)
        }
        return [
            "kind: files", "path: \(repository.location.commonDirectory)",
            "object format: \(repository.hashAlgorithm.name)", "references: \(try count(files))",
            "loose references: \(try count(files.loose))",
            "packed references: \(try count(files.packed)), in \(size) bytes",
            "transactions under way: \(try files.loose.intents?.underWay() ?? 0)",
        ]
    }

    private static func count(_ store: any RefStore) throws(RefError) -> Int {
        var cursor = try store.snapshot().cursor(over: .all)
        var count = 0
        while try cursor.next() != nil { count += 1 }
        return count
    }
}
