import StrataModel
import StrataObjects

/// Writes the contents of objects to standard output, large ones in flat memory.
struct ObjectWriter {
    private let objects: any ObjectStore
    private let console: Console

    init(_ objects: any ObjectStore, _ console: Console) {
        self.objects = objects
        self.console = console
    }

    /// Writes the contents of an object that is there, of a known kind.
    ///
    /// - Throws: git's fatal message when they cannot be read; a part may have been written. Git's functions: `stream_blob`,
    ///   `print_object_or_die`.
    func write(_ id: ObjectID, kind: ObjectKind?) throws(CommandExit) {
        do throws(ObjectError) {
            if let stream = try objects.stream(id, limit: .max) {
                var piece: Bytes = []
                while try stream.next(&piece) {
                    console.output.append(piece)
                    // Nobody is left to read the rest.
                    if console.output.failure != nil { return }
                }
                return
            }
        } catch {
            console.errors.error(Bytes(error.description))
            throw .fatal(kind == .blob ? "unable to stream \(id) to stdout" : "unable to read \(id)")
        }
        throw .fatal("object \(id) disappeared")
    }
}
