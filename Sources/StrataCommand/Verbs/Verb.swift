/// One command of git's that `strata` has.
struct Verb: Sendable {
    let name: String
    /// What the verb is for, in a line of `strata --help`.
    let summary: String
    /// How to use it, as `strata <verb> -h` prints it.
    let usage: @Sendable () -> Bytes
    /// Runs the verb on the arguments behind its name.
    let run: @Sendable (VerbCall) throws(CommandExit) -> ExitStatus

    static let all: [Verb] = [
        .catFile, .checkRefFormat, .countObjects, .forEachRef, .hashObject, .indexPack, .initialize, .packRefs,
        .prunePacked, .refs, .showIndex, .showRef, .store, .symbolicRef, .unpackObjects, .updateRef, .verifyPack,
    ]

    /// Commands of git's that are known to be none of ours yet. Told apart from words that are no command at all, so that a
    /// script that needs one is not told it misspelled it.
    static let ofGitOnly: Set<String> = Set(
        """
        add am annotate apply archive backfill bisect blame branch bugreport bundle cat-file check-attr check-ignore \
        check-mailmap check-ref-format checkout checkout-index cherry cherry-pick clean clone column commit commit-graph \
        commit-tree config count-objects credential credential-cache credential-store describe diagnose diff diff-files \
        diff-index diff-pairs diff-tree difftool fast-export fast-import fetch fetch-pack fmt-merge-msg for-each-ref \
        for-each-repo format-patch fsck gc get-tar-commit-id grep hash-object help history hook index-pack init \
        interpret-trailers last-modified log ls-files ls-remote ls-tree mailinfo mailsplit maintenance merge merge-base \
        merge-file merge-index merge-tree mktag mktree multi-pack-index mv name-rev notes pack-objects pack-redundant \
        pack-refs patch-id prune prune-packed pull push range-diff read-tree rebase receive-pack reflog refs remote \
        repack replace replay repo rerere reset restore rev-list rev-parse revert rm send-pack shortlog show show-branch \
        show-index show-ref sparse-checkout stage stash status stripspace submodule switch symbolic-ref tag unpack-file \
        unpack-objects update-index update-ref update-server-info upload-archive upload-pack var verify-commit \
        verify-pack verify-tag version whatchanged worktree write-tree
        """.split(separator: " ").map(String.init))
}
