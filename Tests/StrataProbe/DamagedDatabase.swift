import Glibc
import StrataIO
import StrataLMDB
import StrataModel
import StrataRefs
import SystemPackage

/// damaged: reads lines `<directory> TAB <names> TAB <first>`, and in a process of its own changes and deletes many of the references
/// `refs/heads/topic-<n>/work`, n < names, each in a transaction of its own, in a database that may be damaged. Answers `done <made> <refused>`, or what
/// has failed without saying that it is the database, or how the process ended: with what it said, or in time by a signal.
func serveDamagedDatabases() {
    serve(3) { fields in
        // Nothing hangs.
        alarm(30)
        guard let names = Int(fields[1]), let first = Int(fields[2]) else { throw Errno.invalidArgument }
        var (made, refused) = (0, 0)
        func count(_ body: () throws(RefError) -> Void) -> String? {
            do throws(RefError) {
                try body()
                made += 1
            } catch {
                guard error.cause is LMDBFailure, error.path != nil else { return "failed: \(error)" }
                refused += 1
            }
            return nil
        }
        let who = Signature(name: Array("A".utf8), email: Array("a@example.com".utf8), seconds: 1, offsetMinutes: 0)
        let context = RefTransactionContext(reflogs: .standard) { who }
        var store: LMDBRefStore?
        let failure = count { () throws(RefError) in
            store = LMDBRefStore(try LMDBEnvironment.open(FilePath(fields[0]), LMDBOptions()))
        }
        guard let store else { return failure ?? "done 0 1" }
        for step in 0..<60 {
            let name = try RefName("refs/heads/topic-\((first + step * 3) % names)/work")
            guard let id = ObjectID(hex: String(repeating: "1", count: 38) + "\(10 + step)") else { return "no id" }
            let edit = step % 3 == 1 ? RefEdit.update(name, to: id, message: "moved") : .delete(name)
            let failure = count { () throws(RefError) in try store.commit(RefTransaction([edit]), context) }
            if let failure { return failure }
        }
        return "done \(made) \(refused)"
    }
}
