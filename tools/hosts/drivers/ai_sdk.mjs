// Run the Vercel AI SDK with its own MCP client against the scripted model.
import { createMCPClient } from '@ai-sdk/mcp';
import { Experimental_StdioMCPTransport } from '@ai-sdk/mcp/mcp-stdio';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, stepCountIs } from 'ai';

const [model, command, ...args] = process.argv.slice(2);
const client = await createMCPClient({ transport: new Experimental_StdioMCPTransport({ command, args }) });
try {
  const tools = await client.tools();
  if (model !== '-') {
    const provider = createOpenAICompatible({ name: 'scripted', baseURL: `${model}/v1`, apiKey: 'none' });
    await generateText({ model: provider('scripted'), tools, prompt: 'Do it.', stopWhen: stepCountIs(30) });
  }
  console.log(Object.keys(tools).length);
} finally {
  await client.close();
}
