public import StrataRefs
import SystemPackage

extension FilesRefStore: NamedRefStore {
    package var explainedKind: String { "files" }

    public func explain(_ question: RefQuestion) -> RefExplanation {
        let above = loose.explain(question)
        let below: RefExplanation
        if case .value = above.answer {
            below = RefExplanation(
                "packed-refs", at: packed.shownPath.string, question, .notAsked("for there is a loose file"))
        } else {
            below = remembered.explain(question)
        }
        return explanation("files", at: loose.names.shownPath, question, [above, below])
    }
}
