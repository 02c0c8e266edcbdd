import StrataIO
public import StrataLMDB
import StrataModel
import StrataRefs
import SystemPackage

/// What a check of all that a repository's references are in has found.
///
/// Of a database every page and every record is looked at (``LMDBCheck``); the database is not opened for it, so that it may be damaged as it
/// likes. Of files every reference and reflog is read, those of all worktrees included: what git's `refs verify` asks beyond that it does not
/// ask.
public struct ReferenceCheck: Sendable {
    /// One thing that is wrong, in one line.
    public struct Finding: Sendable, Hashable {
        /// Whether what is read is wrong or cannot be read; else something is odd or wasted.
        public let isError: Bool
        public let message: String
    }

    /// In the order in which they were found, no more than ``LMDBCheckReport/mostFindings``.
    public private(set) var findings: [Finding] = []
    /// How many more there were.
    public private(set) var omittedFindings = 0
    /// How many findings, omitted ones too, are errors.
    public private(set) var errorCount = 0
    /// References that exist, those of worktrees among them.
    public private(set) var references = 0
    public private(set) var reflogs = 0
    /// What the check of the database has counted; nil where the references are in files.
    public private(set) var database: LMDBCheckReport?

    /// How far a check is: so many pages of so many; of files so many references, nil = of nobody knows how many.
    public typealias Progress = (_ done: UInt64, _ all: UInt64?) -> Void

    /// Checks the repository that git would use in `environment`. Changes nothing; others may read and write meanwhile.
    ///
    /// - Throws: ``RepositoryError`` where there is nothing that could be checked: no repository, no database, no permission.
    public init(
        environment: RepositoryEnvironment, progress: @escaping Progress = { _, _ in }
    ) throws(RepositoryError) {
        let location = try MigrationRecovery.settled(.discover(environment: environment))
        let storage = try ReferenceStorage.override(environment) ?? location.format.referenceStorage
        if storage.format == .lmdb {
            let directory = LMDBStoreMaker.directory(location.commonDirectory, payload: storage.payload)
            try check(database: directory, progress)
        } else {
            try check(Repository(location: location, environment: environment), progress)
        }
    }

    private mutating func add(isError: Bool = true, _ message: String) {
        if isError { errorCount += 1 }
        guard findings.count < LMDBCheckReport.mostFindings else {
            omittedFindings += 1
            return
        }
        findings.append(Finding(isError: isError, message: message))
    }

    // MARK: A database

    private mutating func check(database directory: FilePath, _ progress: @escaping Progress) throws(RepositoryError) {
        let report: LMDBCheckReport
        do throws(RefError) {
            report = try LMDBCheck.check(directory) { progress($0, $1) }
        } catch {
            throw RepositoryError(.unavailable, "cannot check '\(directory.string)': \(error.message)")
        }
        findings = report.findings.map { Finding(isError: $0.severity == .damage, message: $0.message) }
        (omittedFindings, errorCount) = (report.omittedFindings, report.damageCount)
        (references, reflogs, database) = (report.references, report.reflogs, report)
    }

    // MARK: Files

    private mutating func check(_ repository: Repository, _ progress: Progress) {
        check(repository.common, "", progress)
        do throws(RefError) {
            for id in try repository.linkedWorktrees() {
                let prefix = "worktrees/\(String(decoding: id, as: UTF8.self))/"
                if let store = try repository.refs.store(ofLinked: id) { check(store, prefix, progress) }
            }
        } catch {
            add(error.message)
        }
    }

    /// Reads all that is in a store, whose names have `prefix` before them for messages.
    private mutating func check(_ store: any RefStore, _ prefix: String, _ progress: Progress) {
        do throws(RefError) {
            var cursor = try store.snapshot().cursor(over: .all)
            while let reference = try cursor.next() {
                references += 1
                if references % 1024 == 0 { progress(UInt64(references), nil) }
                switch reference.value {
                case .broken(.content): add("reference broken: '\(prefix)\(reference.refName)'")
                case .broken(.badName): add("'\(prefix)\(reference.refName)' is not a valid refname")
                case .object, .symbolic: break
                }
            }
        } catch {
            add(error.message)
        }
        guard let logs = store.reflogs else { return }
        do throws(RefError) {
            for name in try logs.names() {
                reflogs += 1
                do throws(RefError) {
                    try logs.read(name, newestFirst: false) { _ throws(RefError) in true }
                } catch {
                    add(error.message)
                }
            }
        } catch {
            add(error.message)
        }
    }
}
