import StrataIO
import StrataModel
public import StrataRefs
public import SystemPackage

/// The whole check of an environment of references: every page of its file and every record in them.
///
/// LMDB keeps no checksums. What is found is whatever contradicts something else; an id, a message or the letters of a name that were
/// changed into others like them are not.
///
/// Others may read and write meanwhile. The file is read as it lies, without a lock, and believed if nothing was committed from beginning to
/// end. If something was, a read transaction of LMDB holds one state still while that is checked; pages that are let go meanwhile are not used
/// again until then. The file itself is never mapped nor given to LMDB where there is no writer, so that no damage of it can do harm.
public enum LMDBCheck {
    /// How far a check is: so many of so many pages have been looked at. Where others write meanwhile it begins again once.
    public typealias Progress = (_ done: UInt64, _ pages: UInt64) -> Void

    /// Checks the environment in `directory`. Safe to call from any thread; changes nothing.
    ///
    /// - Parameter progress: told now and then.
    /// - Throws: ``RefError``, whose cause is an ``LMDBFailure``, where there is nothing that could be checked: no file, none of LMDB's, no
    ///   permission. All else is in the report.
    public static func check(
        _ directory: FilePath, progress: @escaping Progress = { _, _ in }
    ) throws(RefError) -> LMDBCheckReport {
        let path = directory.appending("data.mdb")
        do throws(LMDBFailure) {
            if let run = try still(path, { $0.progress = progress }) { return run.report }
        } catch {
            guard case .damaged(let text) = error else { throw error.error(at: directory.string) }
            var report = LMDBCheckReport()
            report.add(.damage, page: 0, text)
            return report
        }
        return try held(directory, path, progress)
    }

    /// A check without a lock; nil = something was committed meanwhile.
    static func still(_ path: FilePath, _ prepare: (LMDBCheckRun) -> Void) throws(LMDBFailure) -> LMDBCheckRun? {
        guard let file = try LMDBPageFile(path) else { throw .absent }
        let metas = try LMDBMetaPage.Pair(file)
        let run = LMDBCheckRun(file, metas.latest)
        prepare(run)
        run.isOver = { (try? LMDBMetaPage.Pair(file)) != metas }
        run.checkMetas(metas)
        run.checkFormerState(metas)
        run.check()
        if run.hasEnded { return nil }
        return try LMDBMetaPage.Pair(file) == metas ? run : nil
    }

    private static func held(
        _ directory: FilePath, _ path: FilePath, _ progress: @escaping Progress
    ) throws(RefError) -> LMDBCheckReport {
        let environment = try open(directory)
        // Two commits later a state's meta page is another's.
        for _ in 0..<1000 {
            let transaction = try environment.read()
            defer { withExtendedLifetime(transaction) {} }
            let id = transaction.id
            do throws(LMDBFailure) {
                guard let file = try LMDBPageFile(path) else { throw .absent }
                let metas = try LMDBMetaPage.Pair(file)
                guard let meta = [metas.first, metas.second].first(where: { $0.transaction == id }) else { continue }
                let run = LMDBCheckRun(file, meta)
                run.progress = progress
                run.checkMetas(metas)
                run.check()
                return run.report
            } catch {
                throw error.error(at: directory.string)
            }
        }
        throw RefError(.unavailable, "the reference database changes too fast to be checked", path: directory.string)
    }

    /// The environment as it is open in this process, or else as whoever opens it next would have it.
    private static func open(_ directory: FilePath) throws(RefError) -> LMDBEnvironment {
        var options = LMDBOptions()
        options.upgrades = false
        while true {
            do throws(RefError) {
                return try LMDBEnvironment.open(directory, options)
            } catch {
                switch error.cause as? LMDBFailure {
                case .wrongHash(let found) where found != options.hashAlgorithm: options.hashAlgorithm = found
                case .noPermission where !options.isReadOnly: options.isReadOnly = true
                default: throw error
                }
            }
        }
    }
}
