import StrataModel
import StrataRefs
import StrataRepository
import SystemPackage

/// follow <directory>: opens the repository once, and for each line of its input does what it says with that one handle: `read <name>`,
/// `write <name> <id>`. Says the value, `absent`, `written`, or what failed.
func follow(_ directory: FilePath) throws {
    let repository = try Repository(at: directory)
    say("open")
    while let line = readLine() {
        let words = line.split(separator: " ").map(String.init)
        do {
            let name = try RefName(words[1])
            if words[0] == "read" {
                say(try repository.refs.snapshot().read(name).map { "\($0.objectID?.hex ?? "other")" } ?? "absent")
            } else {
                guard let id = ObjectID(hex: words[2]) else { throw Errno.invalidArgument }
                try repository.refs.commit(
                    RefTransaction([.update(name, to: id)]), repository.transactionContext())
                say("written")
            }
        } catch {
            say("\(error)")
        }
    }
}
