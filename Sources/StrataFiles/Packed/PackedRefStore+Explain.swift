import StrataIO
public import StrataRefs
import SystemPackage

extension PackedRefStore: NamedRefStore {
    package var explainedKind: String { "packed-refs" }

    public func explain(_ question: RefQuestion) -> RefExplanation {
        do throws(RefError) {
            let before = latestKnown
            let snapshot = try current()
            var own = RefExplanation(
                "packed-refs", at: shownPath.string, question,
                question.answer { () throws(RefError) in snapshot })
            let isAbsent = snapshot.contents.stamp?.isAbsent ?? false
            let kind: RefExplanation.Access.Kind =
                isAbsent ? .missing : snapshot === before ? .unchanged : .mapped
            own.accesses = [.init(kind, shownPath.string, bytes: snapshot.byteCount)]
            if snapshot.isReordered { own.notes.append("put in order in memory, for the file is not sorted") }
            return own
        } catch {
            return RefExplanation("packed-refs", at: shownPath.string, question, .failed(error))
        }
    }
}
