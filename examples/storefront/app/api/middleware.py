from routehandlers.cors import cors

middleware = cors(origins=["https://app.example.com"], credentials=True)
