import StrataIO
import StrataModel
public import StrataRefs
import SystemPackage

extension LooseRefStore: NamedRefStore {
    package var explainedKind: String { "loose" }

    public func explain(_ question: RefQuestion) -> RefExplanation {
        do throws(RefError) {
            switch question {
            case .name(let name): return try explain(name, question)
            case .scope(let scope):
                let scan = try LooseRefScan.counted(reader, over: scope)
                var own = RefExplanation("loose", at: names.shownPath, question, .listed(scan.run.count))
                own.accesses = [
                    .init(.directories, names.shownPath, count: scan.directories),
                    .init(.read, names.shownPath, count: scan.files, bytes: try size(of: scan.run)),
                ].filter { $0.count > 0 }
                return own
            }
        } catch {
            return RefExplanation("loose", at: names.shownPath, question, .failed(error))
        }
    }

    private func explain(_ name: RefName, _ question: RefQuestion) throws(RefError) -> RefExplanation {
        let found = try reader.read(name.bytes)
        let path = names.path(name.bytes)
        let (answer, access): (RefExplanation.Answer, RefExplanation.Access) =
            switch found {
            case .absent: (.absent, .init(.missing, path.string))
            case .directory: (.absent, .init(.missing, "\(path), a directory is there"))
            case .value(let value): (.value(value), .init(.read, path.string, bytes: try size(at: path)))
            }
        var own = RefExplanation("loose", at: names.shownPath, question, answer)
        own.accesses = [access]
        return own
    }

    private func size(of run: RefRun) throws(RefError) -> Int {
        var size = 0
        var cursor = RefRunCursor(run, over: .all)
        while let reference = try cursor.next() { size += try self.size(at: names.path(reference.refName.bytes)) }
        return size
    }

    /// What a read of the file gets, if it is still there.
    private func size(at path: FilePath) throws(RefError) -> Int {
        do throws(FileError) {
            return Int(try FileStat.stat(path)?.size ?? 0)
        } catch {
            throw RefError(.unavailable, "\(error)", path: path.string, cause: error)
        }
    }
}
