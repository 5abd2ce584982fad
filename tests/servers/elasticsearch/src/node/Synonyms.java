package node;

import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.text.ParseException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;

import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.synonym.SolrSynonymParser;
import org.apache.lucene.analysis.synonym.SynonymFilter;
import org.apache.lucene.analysis.synonym.SynonymGraphFilter;
import org.apache.lucene.analysis.synonym.SynonymMap;
import org.apache.lucene.analysis.synonym.WordnetSynonymParser;
import org.apache.lucene.util.CharsRef;
import org.apache.lucene.util.CharsRefBuilder;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.index.IndexService.IndexCreationContext;
import org.elasticsearch.index.analysis.AbstractTokenFilterFactory;
import org.elasticsearch.index.analysis.Analysis;
import org.elasticsearch.index.analysis.AnalysisMode;
import org.elasticsearch.index.analysis.CharFilterFactory;
import org.elasticsearch.index.analysis.CustomAnalyzer;
import org.elasticsearch.index.analysis.TokenFilterFactory;
import org.elasticsearch.index.analysis.TokenizerFactory;

/** synonym and synonym_graph: rules from the settings or a file; parsed by the filters before this one. */
final class Synonyms extends AbstractTokenFilterFactory {
    private final Environment env;
    private final Settings s;
    private final boolean graph;
    private final boolean updateable;
    private final boolean lenient;

    Synonyms(Environment env, String name, Settings s, boolean graph) {
        super(name);
        this.env = env;
        this.s = s;
        this.graph = graph;
        this.updateable = s.getAsBoolean("updateable", false);
        this.lenient = s.getAsBoolean("lenient", updateable);
        if (s.get("synonyms_set") != null) {
            // The synonyms API stores its sets with delete-by-query, and that is in a module which this node does not have.
            throw new IllegalArgumentException("synonyms_set is not supported by this stand-in: use `synonyms` or `synonyms_path`");
        }
        if (s.hasValue("synonyms") == false && s.get("synonyms_path") == null) {
            throw new IllegalArgumentException(
                "synonym requires either `synonyms`, `synonyms_set` or `synonyms_path` to be configured"
            );
        }
    }

    @Override
    public AnalysisMode getAnalysisMode() {
        return updateable ? AnalysisMode.SEARCH_TIME : AnalysisMode.ALL;
    }

    @Override
    public TokenStream create(TokenStream in) {
        throw new IllegalStateException("Call getChainAwareTokenFilterFactory to specialize this factory for an analysis chain first");
    }

    private Reader rules() {
        if (s.get("synonyms_path") != null) {
            return Analysis.getReaderFromFile(env, s.get("synonyms_path"), "synonyms_path");
        }
        return new StringReader(String.join("\n", Analysis.getWordList(env, s, "synonyms")));
    }

    @Override
    public TokenFilterFactory getChainAwareTokenFilterFactory(
        IndexCreationContext context,
        TokenizerFactory tokenizer,
        List<CharFilterFactory> charFilters,
        List<TokenFilterFactory> before,
        Function<String, TokenFilterFactory> named
    ) {
        Analyzer analyzer = new CustomAnalyzer(
            tokenizer,
            charFilters.toArray(CharFilterFactory[]::new),
            before.stream().map(TokenFilterFactory::getSynonymFilter).toArray(TokenFilterFactory[]::new)
        );
        SynonymMap map = parse(analyzer);
        String name = name();
        AnalysisMode mode = getAnalysisMode();
        return new AbstractTokenFilterFactory(name) {
            @Override
            public TokenStream create(TokenStream in) {
                if (map.fst == null) {
                    return in;
                }
                return graph ? new SynonymGraphFilter(in, map, false) : new SynonymFilter(in, map, false);
            }

            @Override
            public TokenFilterFactory getSynonymFilter() {
                // Later synonym filters take these rules as they stand.
                return IDENTITY_FILTER;
            }

            @Override
            public AnalysisMode getAnalysisMode() {
                return mode;
            }

            @Override
            public Set<String> getResourceNames() {
                return s.get("synonyms_path") != null ? Set.of(s.get("synonyms_path")) : Set.of();
            }
        };
    }

    private SynonymMap parse(Analyzer analyzer) {
        boolean expand = s.getAsBoolean("expand", true);
        try (Reader r = rules()) {
            if (s.get("format", "solr").toLowerCase(Locale.ROOT).equals("wordnet")) {
                WordnetSynonymParser p = new WordnetSynonymParser(true, expand, analyzer) {
                    @Override
                    public void add(CharsRef in, CharsRef out, boolean keep) {
                        if (lenient == false || (in.length > 0 && out.length > 0)) {
                            super.add(in, out, keep);
                        }
                    }

                    @Override
                    public CharsRef analyze(String text, CharsRefBuilder reuse) throws IOException {
                        try {
                            return super.analyze(text, reuse);
                        } catch (IllegalArgumentException e) {
                            return skip(e);
                        }
                    }
                };
                p.parse(r);
                return p.build();
            }
            SolrSynonymParser p = new SolrSynonymParser(true, expand, analyzer) {
                @Override
                public void add(CharsRef in, CharsRef out, boolean keep) {
                    if (lenient == false || (in.length > 0 && out.length > 0)) {
                        super.add(in, out, keep);
                    }
                }

                @Override
                public CharsRef analyze(String text, CharsRefBuilder reuse) throws IOException {
                    try {
                        return super.analyze(text, reuse);
                    } catch (IllegalArgumentException e) {
                        return skip(e);
                    }
                }
            };
            p.parse(r);
            return p.build();
        } catch (IOException | ParseException e) {
            throw new IllegalArgumentException("failed to build synonyms", e);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("failed to build synonyms", e);
        }
    }

    private CharsRef skip(IllegalArgumentException e) {
        if (lenient) {
            return new CharsRef("");
        }
        throw e;
    }
}
